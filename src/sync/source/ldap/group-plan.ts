import type { SourceNote } from '../../../core/entry.ts';
import { canonicalDn, isWithinDn } from './dn.ts';
import { encodeFilter, equal, type LdapFilter, or } from './filter/filter.ts';
import { findGroup, type Group } from './find-group.ts';
import { groupNotes } from './group-notes.ts';
import { isActiveDirectory, type Reached } from './reach.ts';
import { decodeRawEntry } from './read-entries.ts';
import { type Brought, readPages } from './read-parts.ts';

/** How a read applies the scope's groups: not at all, as a part of the filter, or by comparing people with the members. */
export type GroupPlan =
  | { kind: 'none' }
  | { kind: 'filter'; filter: LdapFilter }
  /** Canonical DNs and lower-case uids of the members. */
  | { kind: 'members'; dns: ReadonlySet<string>; uids: ReadonlySet<string> };

/** With more members, comparing people with them costs less than this extra search. */
const maxProbedMembers = 20_000;

/**
 * Finds the groups (DNs, or names that only one group has) and decides how to apply them. Active Directory maintains memberOf
 * itself. On other servers memberOf can be missing for people who were loaded before it was turned on, or contain indirect
 * groups; so it is used only when it agrees with the groups' own members. The notes are warnings about the groups. Throws
 * AppError GROUP_NOT_FOUND.
 */
export async function planGroups(
  reached: Reached,
  groups: readonly string[],
): Promise<{ plan: GroupPlan; notes: SourceNote[] }> {
  if (groups.length === 0) return { plan: { kind: 'none' }, notes: [] };
  const found: Group[] = [];
  for (const group of groups) found.push(await findGroup(reached, group));
  return { plan: await planFor(reached, found), notes: await groupNotes(reached, found) };
}

async function planFor(reached: Reached, groups: readonly Group[]): Promise<GroupPlan> {
  const memberOf = or(groups.map(({ dn }) => equal('memberOf', dn)));
  if (isActiveDirectory(reached)) return { kind: 'filter', filter: or([memberOf, ...groups.flatMap(primaryGroup)]) };
  const dns = new Set(groups.flatMap(({ members }) => [...members]));
  const uids = new Set(groups.flatMap((group) => [...group.uids]));
  if (uids.size === 0 && (await memberOfAgrees(reached, memberOf, dns))) return { kind: 'filter', filter: memberOf };
  return { kind: 'members', dns, uids };
}

/** An account's memberOf never contains its primary group. */
function primaryGroup({ rid }: Group): LdapFilter[] {
  return rid === null ? [] : [equal('primaryGroupID', rid)];
}

/** Whether exactly the members below the base DNs have memberOf. Only then a filter with memberOf means the same. */
async function memberOfAgrees(reached: Reached, memberOf: LdapFilter, members: ReadonlySet<string>): Promise<boolean> {
  const { flavour } = reached.server;
  if ((flavour !== 'OPENLDAP' && flavour !== 'OTHER') || members.size === 0 || members.size > maxProbedMembers)
    return false;
  const bases = reached.settings.baseDns.map(canonicalDn);
  const expected = new Set([...members].filter((dn) => bases.some((base) => isWithinDn(dn, base))));
  const seen = new Set<string>();
  const progress = { pages: 0 };
  let strangers = false;
  let news = 0;
  const entry = (bytes: Buffer, at: number, end: number): void => {
    const dn = canonicalDn(decodeRawEntry(bytes, at, end).dn);
    if (!expected.has(dn)) strangers = true;
    else if (!seen.has(dn)) news++;
    if (!strangers) seen.add(dn);
  };
  const onPage = (): Brought => {
    const brought = strangers ? 'enough' : news;
    news = 0;
    return brought;
  };
  for (const baseDn of reached.settings.baseDns) {
    if (strangers) return false;
    const search = { baseDn, scope: 'sub', filter: encodeFilter(memberOf), attributes: ['1.1'] } as const;
    await readPages(reached, { search, sink: { entry, references: () => {} }, onPage, progress });
  }
  return !strangers && seen.size === expected.size;
}
