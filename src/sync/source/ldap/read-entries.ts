import { AppError } from '../../../core/app-error.ts';
import { BerCursor, Tag } from './ber.ts';
import type { LdapConnection, LdapSearch } from './ldap-connection.ts';
import type { LdapResult } from './search-result.ts';
import { cleanText } from './value-text.ts';

/** A small search, with its first `most` entries in memory; the result is left to the caller to judge. */
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

/** An entry as sent; attribute names in lower case, options and ranges included. The values are copies. */
export type RawEntry = { dn: string; attributes: Map<string, Buffer[]> };

/** Entries, attributes and values of one search. Each is an object in memory, however few bytes it has on the wire. */
const mostParts = 1_000_000;

/**
 * Decodes the entries of one search, for what is read once (rootDSE, groups, samples): called with the content of each
 * SearchResultEntry. Throws MalformedBer; AppError INVALID_RESPONSE when they hold too much.
 */
export function rawEntryDecoder(): (bytes: Buffer, at: number, end: number) => RawEntry {
  let left = mostParts;
  const count = (): void => {
    if (left-- > 0) return;
    throw new AppError('INVALID_RESPONSE', `The server sent more than ${mostParts} attributes and values at once.`, {
      hint: 'Check that the URL leads to the directory that is meant, and that no group of the scope is as large as that.',
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

/** Decodes one entry, for searches of which no entry is kept. */
export function decodeRawEntry(bytes: Buffer, at: number, end: number): RawEntry {
  return rawEntryDecoder()(bytes, at, end);
}

/** The values of an attribute as text; none when it was not sent. */
export function textsOf(entry: RawEntry, name: string): string[] {
  return (entry.attributes.get(name.toLowerCase()) ?? []).map((value) => cleanText(value));
}
