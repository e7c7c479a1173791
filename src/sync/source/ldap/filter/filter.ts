import { BerWriter, Filter } from 'ldapts';

/** A parsed LDAP search filter (RFC 4511, 4.5.1). Values are unescaped bytes. */
export type LdapFilter =
  | { kind: 'and'; filters: LdapFilter[] }
  | { kind: 'or'; filters: LdapFilter[] }
  | { kind: 'not'; filter: LdapFilter }
  | { kind: 'equal' | 'greater' | 'less' | 'approx'; attribute: string; value: Buffer }
  | { kind: 'present'; attribute: string }
  | { kind: 'substrings'; attribute: string; initial: Buffer | null; any: Buffer[]; final: Buffer | null }
  | { kind: 'extensible'; attribute: string | null; rule: string | null; dnAttributes: boolean; value: Buffer };

/** Requires all filters. If there is only one, it is returned as it is. */
export function and(filters: LdapFilter[]): LdapFilter {
  return filters.length === 1 && filters[0] !== undefined ? filters[0] : { kind: 'and', filters };
}

/** Requires one of the filters. If there is only one, it is returned as it is. */
export function or(filters: LdapFilter[]): LdapFilter {
  return filters.length === 1 && filters[0] !== undefined ? filters[0] : { kind: 'or', filters };
}

export function not(filter: LdapFilter): LdapFilter {
  return { kind: 'not', filter };
}

export function equal(attribute: string, value: string): LdapFilter {
  return {
    kind: 'equal',
    attribute,
    value: Buffer.from(value),
  };
}

/** A comparison by a rule of the server, such as `memberOf:1.2.840.113556.1.4.1941:=…`. */
export function extensible(attribute: string, rule: string, value: string): LdapFilter {
  return { kind: 'extensible', attribute, rule, dnAttributes: false, value: Buffer.from(value) };
}

export function present(attribute: string): LdapFilter {
  return { kind: 'present', attribute };
}

const tags = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equal: 0xa3,
  substrings: 0xa4,
  greater: 0xa5,
  less: 0xa6,
  present: 0x87,
  approx: 0xa8,
  extensible: 0xa9,
};

/**
 * The filter in a form that ldapts can send. The filter texts of ldapts are not used: they lose escaped bytes beyond ASCII,
 * options and OIDs.
 */
export function encodeFilter(filter: LdapFilter): Filter {
  return new EncodedFilter(filter);
}

class EncodedFilter extends Filter {
  readonly type = 0xa0 as const;
  readonly #filter: LdapFilter;

  constructor(filter: LdapFilter) {
    super();
    this.#filter = filter;
  }

  override write(writer: BerWriter): void {
    write(writer, this.#filter);
  }

  override toString(): string {
    return filterText(this.#filter);
  }
}

function write(writer: BerWriter, filter: LdapFilter): void {
  if (filter.kind === 'present') {
    writer.writeString(filter.attribute, tags.present);
    return;
  }
  writer.startSequence(tags[filter.kind]);
  if (filter.kind === 'and' || filter.kind === 'or') for (const inner of filter.filters) write(writer, inner);
  else if (filter.kind === 'not') write(writer, filter.filter);
  else if (filter.kind === 'substrings') writeSubstrings(writer, filter);
  else if (filter.kind === 'extensible') writeExtensible(writer, filter);
  else {
    writer.writeString(filter.attribute);
    writer.writeBuffer(filter.value, 0x04);
  }
  writer.endSequence();
}

function writeSubstrings(writer: BerWriter, filter: LdapFilter & { kind: 'substrings' }): void {
  writer.writeString(filter.attribute);
  writer.startSequence();
  if (filter.initial !== null) writer.writeBuffer(filter.initial, 0x80);
  for (const part of filter.any) writer.writeBuffer(part, 0x81);
  if (filter.final !== null) writer.writeBuffer(filter.final, 0x82);
  writer.endSequence();
}

function writeExtensible(writer: BerWriter, filter: LdapFilter & { kind: 'extensible' }): void {
  if (filter.rule !== null) writer.writeString(filter.rule, 0x81);
  if (filter.attribute !== null) writer.writeString(filter.attribute, 0x82);
  writer.writeBuffer(filter.value, 0x83);
  if (filter.dnAttributes) writer.writeBoolean(true, 0x84);
}

const signs = { equal: '=', greater: '>=', less: '<=', approx: '~=' };

/** The filter in the text form of RFC 4515, for people to read and for tests. */
export function filterText(filter: LdapFilter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.kind === 'and' ? '&' : '|'}${filter.filters.map(filterText).join('')})`;
    case 'not':
      return `(!${filterText(filter.filter)})`;
    case 'present':
      return `(${filter.attribute}=*)`;
    case 'substrings':
      return `(${filter.attribute}=${[filter.initial, ...filter.any, filter.final].map((part) => (part === null ? '' : escapeValue(part))).join('*')})`;
    case 'extensible': {
      const rule = filter.rule === null ? '' : `:${filter.rule}`;
      return `(${filter.attribute ?? ''}${filter.dnAttributes ? ':dn' : ''}${rule}:=${escapeValue(filter.value)})`;
    }
    default:
      return `(${filter.attribute}${signs[filter.kind]}${escapeValue(filter.value)})`;
  }
}

/** Escapes a value as RFC 4515 demands. If it is not UTF-8, each byte is escaped. */
function escapeValue(value: Buffer): string {
  const text = value.toString('utf8');
  if (!Buffer.from(text).equals(value)) return [...value].map(escapeByte).join('');
  return text.replaceAll(/[*()\\\0]/g, (char) => escapeByte(char.charCodeAt(0)));
}

function escapeByte(byte: number): string {
  return `\\${byte.toString(16).padStart(2, '0')}`;
}
