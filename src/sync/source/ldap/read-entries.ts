import { AppError } from '../../../core/app-error.ts';
import { BerCursor, Tag } from './ber.ts';
import type { LdapConnection, LdapSearch } from './ldap-connection.ts';
import type { LdapResult } from './search-result.ts';
import { cleanText } from './value-text.ts';

/** Does a small search and keeps its first `most` entries in memory. The caller must check the result code. */
export async function readEntries(
  connection: LdapConnection,
  search: LdapSearch,
  most = 1000,
): Promise<{ entries: RawEntry[]; result: LdapResult }> {
  const entries: RawEntry[] = [];
  const decode = rawEntryDecoder();
  const result = await connection.search(search, {
    entry: (bytes, at, end) => {
      if (entries.length < most) entries.push(decode(bytes, at, end));
    },
    references: () => {},
  });
  return { entries, result };
}

/** An entry as sent. Attribute names are in lower case, with options and ranges. The values are copies. */
export type RawEntry = { dn: string; attributes: Map<string, Buffer[]> };

/**
 * The most entries, attributes and values of one search together. Each is an object in memory, even if it has few
 * bytes.
 */
const mostParts = 1_000_000;

/**
 * Makes a decoder for the entries of one search that reads something once (rootDSE, groups, samples). It gets the content of each
 * SearchResultEntry. It throws MalformedBer, and AppError INVALID_RESPONSE when there are too many values.
 */
export function rawEntryDecoder(): (bytes: Buffer, at: number, end: number) => RawEntry {
  let left = mostParts;
  const count = (): void => {
    if (left-- > 0) return;
    throw new AppError('INVALID_RESPONSE', `The server sent more than ${mostParts} attributes and values at once.`, {
      hint: 'Check that the URL leads to the right directory, and that no group of the scope is that large.',
    });
  };
  return (bytes, at, end) => {
    count();
    const entry = new BerCursor(bytes, at, end);
    const dn = entry.text();
    const attributes = new Map<string, Buffer[]>();
    const list = entry.element(Tag.SEQUENCE);
    while (!list.done) {
      count();
      const attribute = list.element(Tag.SEQUENCE);
      const name = attribute.text().toLowerCase();
      const values: Buffer[] = [];
      const set = attribute.element(Tag.SET);
      for (; !set.done; count()) values.push(Buffer.from(set.octets()));
      attributes.set(name, values);
    }
    return { dn, attributes };
  };
}

/** Decodes one entry, for searches that keep no entries. */
export function decodeRawEntry(bytes: Buffer, at: number, end: number): RawEntry {
  return rawEntryDecoder()(bytes, at, end);
}

/** The values of an attribute as text. Empty when it was not sent. */
export function textsOf(entry: RawEntry, name: string): string[] {
  return (entry.attributes.get(name.toLowerCase()) ?? []).map((value) => cleanText(value));
}
