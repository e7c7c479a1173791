import type { LdapConnection, LdapSearch } from './ldap-connection.ts';
import { decodeRawEntry, type RawEntry } from './raw-entry.ts';
import type { LdapResult } from './search-result.ts';

/** A small search, with its entries in memory; the result is left to the caller to judge. */
export async function readEntries(
  connection: LdapConnection,
  search: LdapSearch,
): Promise<{ entries: RawEntry[]; result: LdapResult }> {
  const entries: RawEntry[] = [];
  const result = await connection.search(search, {
    entry: (bytes, at, end) => entries.push(decodeRawEntry(bytes, at, end)),
    references: () => {},
  });
  return { entries, result };
}
