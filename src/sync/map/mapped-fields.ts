import type { FieldMapping } from '../../core/connection.ts';
import {
  type ContactValues,
  derivedFill,
  type Fills,
  fieldKey,
  isFlagField,
  isLabeledField,
} from '../../core/contact.ts';
import type { MappedField } from '../../core/trial.ts';

/** Each mapped field with its value and origin, and the display name if it was made of other fields. Pure. */
export function mappedFields(mappings: readonly FieldMapping[], values: ContactValues, fills: Fills): MappedField[] {
  const fields = mappings.map((mapping) => {
    const { field, label } = mapping;
    const fill = fills[fieldKey(field, label)];
    const from = fill === undefined ? askedFor(mapping) : wordsFor(fill);
    return { field, label, value: fill === undefined ? null : textOf(values, mapping), from };
  });
  const { DISPLAY_NAME: name } = values;
  if (fills.DISPLAY_NAME !== derivedFill || name === undefined) return fields;
  const derived: MappedField = { field: 'DISPLAY_NAME', label: null, value: name, from: wordsFor(derivedFill) };
  return [derived, ...fields.filter(({ field }) => field !== 'DISPLAY_NAME')];
}

function textOf(values: ContactValues, { field, label }: FieldMapping): string | null {
  if (isLabeledField(field)) {
    const list = (values[field] ?? []).filter((entry) => entry.label === label).map(({ value }) => value);
    return list.length === 0 ? null : list.join(', ');
  }
  return isFlagField(field) ? String(values[field] ?? false) : (values[field] ?? null);
}

function askedFor({ attributes, template }: FieldMapping): string {
  return attributes.length > 0 ? attributes.join(', ') : wordsFor(template === null ? '=' : '{}');
}

const words = new Map([
  ['=', 'fixed value'],
  ['{}', 'template'],
  [derivedFill, 'put together from other fields'],
]);

/** An origin (see Fills) in words: the attribute, or what else gave the value. */
function wordsFor(fill: string): string {
  return words.get(fill) ?? fill;
}
