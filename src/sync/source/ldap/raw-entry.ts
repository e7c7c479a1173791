import { BerCursor, Tag } from './ber.ts';
import { cleanText } from './text.ts';

/** An entry as sent; attribute names in lower case, options and ranges included. The values are copies. */
export type RawEntry = { dn: string; attributes: Map<string, Buffer[]> };

/** Decodes the content of a SearchResultEntry, for what is read once (rootDSE, groups, samples). Throws MalformedBer. */
export function decodeRawEntry(bytes: Buffer, at: number, end: number): RawEntry {
  const entry = new BerCursor(bytes, at, end);
  const dn = entry.text();
  const attributes = new Map<string, Buffer[]>();
  const list = entry.element(Tag.SEQUENCE);
  while (!list.done) {
    const attribute = list.element(Tag.SEQUENCE);
    const name = attribute.text().toLowerCase();
    const values: Buffer[] = [];
    const set = attribute.element(Tag.SET);
    while (!set.done) values.push(Buffer.from(set.octets()));
    attributes.set(name, values);
  }
  return { dn, attributes };
}

/** The values of an attribute as text; none when it was not sent. */
export const textsOf = (entry: RawEntry, name: string): string[] =>
  (entry.attributes.get(name.toLowerCase()) ?? []).map((value) => cleanText(value));
