import type { LdapConnection, LdapSearch } from './ldap-connection.ts';
import { type RawEntry, rawEntryDecoder } from './raw-entry.ts';
import type { LdapResult } from './search-result.ts';

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
