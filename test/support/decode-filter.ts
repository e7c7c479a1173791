import type { BerReader } from 'ldapts';
import type { LdapFilter } from '../../src/sync/source/ldap/filter/filter.ts';

const listKinds = { 160: 'and', 161: 'or' } as const;
const comparisons = { 163: 'equal', 165: 'greater', 166: 'less', 168: 'approx' } as const;

/** Reads a filter of a search request (RFC 4511, 4.5.1.7), as a server does. Substring filters are not supported. */
export function decodeFilter(reader: BerReader): LdapFilter {
  const tag = reader.peek() ?? 0;
  if (tag === 0x87) return { kind: 'present', attribute: reader.readString(0x87) ?? '' };
  reader.readSequence(tag);
  const end = reader.offset + reader.length;
  if (tag === 0xa0 || tag === 0xa1) {
    const filters: LdapFilter[] = [];
    while (reader.offset < end) filters.push(decodeFilter(reader));
    return { kind: listKinds[tag], filters };
  }
  if (tag === 0xa2) return { kind: 'not', filter: decodeFilter(reader) };
  if (tag === 0xa9) {
    const rule = reader.readString(0x81);
    const attribute = reader.readString(0x82);
    const value = reader.readString(0x83, true) ?? Buffer.alloc(0);
    reader.offset = end;
    return { kind: 'extensible', attribute, rule, dnAttributes: false, value };
  }
  const kind = comparisons[tag as keyof typeof comparisons];
  if (kind === undefined) throw new Error(`No filter of these tests has tag ${tag}.`);
  const attribute = reader.readString() ?? '';
  return { kind, attribute, value: reader.readString(0x04, true) ?? Buffer.alloc(0) };
}
