import { AppError } from '../../../../core/app-error.ts';
import { canonicalDn } from '../dn.ts';
import { encodeFilter, type LdapFilter, present } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import { decodeRawEntry, readEntries, textsOf } from '../read-entries.ts';
import { type Brought, readPages } from '../read-parts.ts';
import { hiddenCodes, isGroup, isGroupClass, placesOfGroups } from './find-group.ts';
import { TextSet } from './text-set.ts';

/** Groups of the server. `because`: why there may be more of them, or null. */
export type ListedGroups = { dns: TextSet; because: string | null };

/** The most groups of the directory that are listed. */
const mostListed = 500_000;

/** Lists all groups of the server, by canonical DN. Large groups are compared with them to find the groups inside. */
export async function listGroups(reached: Reached): Promise<ListedGroups> {
  const dns = new TextSet();
  const because = await searchGroups(reached, isGroup, (dn) => dns.add(canonicalDn(dn)));
  return { dns, because };
}

/**
 * Searches the whole server for groups that meet a filter. `take` gets each DN and returns whether it is new. Returns why there
 * may be more of them, or null. `timeLimitSeconds`: how long the server may search for a page; left out: timeoutSeconds.
 */
export async function searchGroups(
  reached: Reached,
  filter: LdapFilter,
  take: (dn: string) => boolean,
  timeLimitSeconds?: number,
): Promise<string | null> {
  const progress = { pages: 0 };
  let [all, news] = [0, 0];
  const entry = (bytes: Buffer, at: number, end: number): void => {
    if (all > mostListed) return;
    const found = decodeRawEntry(bytes, at, end);
    // Some proxies ignore filters.
    if (!isGroupClass(textsOf(found, 'objectClass')) || !take(found.dn)) return;
    all++;
    news++;
  };
  const onPage = (): Brought => {
    const brought = all > mostListed ? 'enough' : news;
    news = 0;
    return brought;
  };
  let because: string | null = null;
  for (const baseDn of placesOfGroups(reached)) {
    const limit = timeLimitSeconds === undefined ? {} : { timeLimitSeconds };
    const attributes = ['objectClass'];
    const search = { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes, ...limit } as const;
    try {
      const proven = await readPages(reached, { search, sink: { entry, references: () => {} }, onPage, progress });
      if (!proven) because ??= 'The server answered without paging, so nothing proves that the list is complete.';
    } catch (error) {
      if (!(error instanceof AppError) || !reached.connection.isOpen) throw error;
      // Nothing can be known about places that the account can't see at all, such as a server's own log.
      if (!(await isHiddenPlace(reached, baseDn))) because ??= error.message;
    }
  }
  return all > mostListed ? `There are more than ${mostListed} groups.` : because;
}

async function isHiddenPlace({ connection }: Reached, baseDn: string): Promise<boolean> {
  const filter = encodeFilter(present('objectClass'));
  const { result } = await readEntries(connection, { baseDn, scope: 'base', filter, attributes: ['1.1'] });
  return hiddenCodes.includes(result.code);
}
