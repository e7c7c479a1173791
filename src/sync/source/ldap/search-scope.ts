import { canonicalDn } from './dn.ts';
import { encodeFilter, type LdapFilter } from './filter/filter.ts';
import { signedInAs } from './ldap-settings.ts';
import { checkBase, type Reached } from './reach.ts';
import { type PagedSearch, readPages } from './read-parts.ts';
import type { ReferralsMet } from './referrals.ts';

/** A search for the people of a scope. `referrals` collects the references that the server sends. */
export type ScopeSearch = {
  reached: Reached;
  filter: LdapFilter;
  signal: AbortSignal;
  referrals: ReferralsMet;
  progress: { pages: number };
};

/** What to request, and what to do with the answers. */
export type ForEach = Pick<PagedSearch, 'onPage' | 'beforeNext' | 'pageSize'> & {
  attributes: readonly string[];
  entry: PagedSearch['sink']['entry'];
};

/** Searches the scope, base by base and page by page. Returns why it may be incomplete, or null. */
export async function searchScope(search: ScopeSearch, forEach: ForEach): Promise<string | null> {
  let doubt: string | null = null;
  for (const baseDn of distinctBases(search.reached.settings.baseDns))
    doubt = (await searchBase(search, baseDn, forEach)) ?? doubt;
  return doubt;
}

/** Keeps a base that is inside another one: it can be in its own partition, which the outer search does not enter. */
export function distinctBases(baseDns: readonly string[]): string[] {
  return [...new Map(baseDns.map((dn) => [canonicalDn(dn), dn])).values()];
}

async function searchBase(
  { reached, filter, signal, referrals, progress }: ScopeSearch,
  baseDn: string,
  { attributes, entry, onPage, ...rest }: ForEach,
): Promise<string | null> {
  let anybody = false;
  const proven = await readPages(reached, {
    search: { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes: [...attributes] },
    sink: {
      entry: (bytes, at, end, messageEnd) => {
        anybody = true;
        entry(bytes, at, end, messageEnd);
      },
      references: (urls) => referrals.add(urls),
    },
    onPage: async (next) => {
      const brought = await onPage(next);
      signal.throwIfAborted();
      return brought;
    },
    ...rest,
    progress,
  });
  if (!proven)
    return `The server answered the search of "${baseDn}" without paging, so nothing proves that it was complete.`;
  return anybody ? null : await hiddenBase(reached, baseDn);
}

/**
 * A server that hides everything from an account answers a search as if the base were empty. Returns the doubt, or
 * null.
 */
async function hiddenBase(reached: Reached, baseDn: string): Promise<string | null> {
  if (await checkBase(reached, baseDn)) return null;
  const who = signedInAs(reached.settings) === null ? 'without signing in' : 'by the account';
  return `Neither "${baseDn}" nor anybody below it can be seen ${who}, so nothing proves that nobody is there.`;
}
