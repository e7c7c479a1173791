import { ContactField, type ContactValues, type LabeledValue } from '../../core/contact.ts';

const awkward = /[\\\t\n\r\v\f\b]/;
const copyEscapes: Record<string, string> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\v': '\\v',
  '\f': '\\f',
  '\b': '\\b',
};

/** A column's text in COPY's text format; null as `\N`. The text holds no NUL, which Postgres can't store. */
export const copyText = (text: string | null): string => {
  if (text === null) return '\\N';
  return awkward.test(text) ? text.replace(/[\\\t\n\r\v\f\b]/g, (found) => copyEscapes[found] ?? found) : text;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must be escaped.
const awkwardInRow = /["\\\u0000-\u001f]/;

/** A composite value's member, quoted for the row literal and escaped for COPY. */
const member = (text: string): string =>
  awkwardInRow.test(text) ? `"${copyText(text.replace(/["\\]/g, '\\$&'))}"` : `"${text}"`;

/** A list of labeled values as such a member: JSON, whose quotes are escaped for the row literal and for COPY. */
const listMember = (list: readonly LabeledValue[]): string => {
  let text = '"[';
  for (let i = 0; i < list.length; i++) {
    const { label, value } = list[i] as LabeledValue;
    if (awkwardInRow.test(label) || awkwardInRow.test(value)) return member(JSON.stringify(list));
    text += `${i === 0 ? '' : ','}{\\\\"label\\\\":\\\\"${label}\\\\",\\\\"value\\\\":\\\\"${value}\\\\"}`;
  }
  return `${text}]"`;
};

const order: readonly ContactField[] = Object.values(ContactField);

/** Contact values as a literal of the composite type contact_values, in the order of ContactField. */
export const copyValues = (values: ContactValues): string => {
  let text = '(';
  for (let i = 0; i < order.length; i++) {
    if (i > 0) text += ',';
    const value = values[order[i] as ContactField];
    if (value === undefined) continue;
    if (typeof value === 'string') text += member(value);
    else if (typeof value === 'boolean') text += value ? 't' : 'f';
    else text += listMember(value);
  }
  return `${text})`;
};
