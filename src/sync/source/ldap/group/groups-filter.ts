import { AppError } from '../../../../core/app-error.ts';
import { canonicalDn } from '../dn.ts';
import { encodeFilter, equal, type LdapFilter, or } from '../filter/filter.ts';
import { isActiveDirectory, type Reached } from '../reach.ts';
import { decodeRawEntry } from '../read-entries.ts';
import { type Brought, readPages } from '../read-parts.ts';
import type { FollowedGroups } from './follow-groups.ts';
import type { Group } from './take-group.ts';
import { TextSet } from './text-set.ts';

/** With more members, comparing people with them costs less than this extra search. */
const mostProbedMembers = 20_000;
/**
 * The most groups in a filter. With more groups, comparing people here costs less. Samba has no index for memberOf: it
 * tries each group of the filter for each person, which takes 0.02 ms.
 */
function mostGroupsInFilter({ server }: Reached): number {
  return server.flavour === 'SAMBA' ? 10 : 100;
}

/**
 * The filter that finds exactly the members of the groups, so that the server sends nobody else. Null: there is none, and people
 * are compared with the members here.
 *
 * Active Directory keeps memberOf itself, but without the primary group; so that is asked for too. On other servers memberOf can
 * be missing for people who were loaded before it was turned on, and on some it names indirect groups as well. So it is used only
 * when it names exactly the members that the groups name.
 */
export async function groupsFilter(reached: Reached, followed: FollowedGroups): Promise<LdapFilter | null> {
  const { groups, named, members } = followed;
  if (isActiveDirectory(reached)) {
    const byPrimary = groups.flatMap(({ rid }) => (rid === null ? [] : [equal('primaryGroupID', rid)]));
    return groups.length > mostGroupsInFilter(reached) ? null : or([...memberOf(groups), ...byPrimary]);
  }
  const { below, outside } = members.places;
  if (members.uids > 0 || below + outside === 0 || below > mostProbedMembers) return null;
  for (const some of candidates(reached, groups, named)) {
    if (some.length > mostGroupsInFilter(reached)) continue;
    const filter = or(memberOf(some));
    if (await namesExactly(reached, filter, followed)) return filter;
  }
  return null;
}

function memberOf(groups: readonly Group[]): LdapFilter[] {
  return groups.map(({ dn }) => equal('memberOf', dn));
}

/**
 * The groups to use with memberOf: the named ones if it lists indirect groups too, or all of them if it lists only
 * direct ones.
 */
function candidates({ server }: Reached, groups: readonly Group[], named: number): (readonly Group[])[] {
  if (groups.length === named) return [groups];
  if (server.flavour === 'OPENLDAP') return [groups];
  return [groups.slice(0, named), groups];
}

/** Whether the filter finds exactly the members below the base DNs. */
async function namesExactly(reached: Reached, filter: LdapFilter, { members }: FollowedGroups): Promise<boolean> {
  const seen = new TextSet();
  const progress = { pages: 0 };
  let strangers = false;
  let news = 0;
  const entry = (bytes: Buffer, at: number, end: number): void => {
    const dn = canonicalDn(decodeRawEntry(bytes, at, end).dn);
    if (!members.hasDn(dn)) strangers = true;
    else if (seen.add(dn)) news++;
  };
  const onPage = (): Brought => {
    const brought = strangers ? 'enough' : news;
    news = 0;
    return brought;
  };
  for (const baseDn of reached.settings.baseDns) {
    const search = { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes: ['1.1'] } as const;
    try {
      await readPages(reached, { search, sink: { entry, references: () => {} }, onPage, progress });
    } catch (error) {
      // If memberOf is not indexed, the server's limits can end this search. Then people are compared here.
      if (!(error instanceof AppError) || !reached.connection.isOpen) throw error;
      return false;
    }
    if (strangers) return false;
  }
  return seen.size === members.places.below;
}
