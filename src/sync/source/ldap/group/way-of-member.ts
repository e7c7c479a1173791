import { saidText } from '../../../../core/outside-text.ts';
import { canonicalDn } from '../dn.ts';
import { and, encodeFilter, equal, or, present } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import { readEntries, textsOf } from '../read-entries.ts';
import { isGroup, memberAttributes, placesOfGroups } from './find-group.ts';
import type { FollowedGroups } from './follow-groups.ts';

/** The most groups that are read on the way up. */
const mostLooks = 200;

/** A group on the way from a person up to a group that the scope names. */
type OnTheWay = { dn: string; from: OnTheWay | null };

/**
 * How a member comes into the groups that a scope names, as a sentence: `"cn=bakers" in "cn=staff", which the scope
 * names.` Null: no way was found. The search goes up from the person, level by level, only through groups that were
 * followed.
 */
export async function wayOfMember(reached: Reached, followed: FollowedGroups, person: string): Promise<string | null> {
  const { groups, named } = followed;
  const isNamed = new Set(groups.slice(0, named).map(({ dn }) => canonicalDn(dn)));
  const known = new Set(groups.map(({ dn }) => canonicalDn(dn)));
  const uids = await valuesOf(reached, person, 'uid');
  const seen = new Set<string>();
  let level = withPrimaryGroup(followed, await valuesOf(reached, person, 'primaryGroupID'));
  level.push(...(await groupsOf(reached, person, uids)).map((dn) => ({ dn, from: null })));
  for (let looks = 0; level.length > 0; ) {
    const fresh = level.filter(({ dn }) => known.has(canonicalDn(dn)) && !seen.has(canonicalDn(dn)));
    for (const { dn } of fresh) seen.add(canonicalDn(dn));
    const top = fresh.find(({ dn }) => isNamed.has(canonicalDn(dn)));
    if (top !== undefined) return sentence(top);
    level = [];
    for (const group of fresh) {
      if (++looks > mostLooks) return null;
      for (const dn of await groupsOf(reached, group.dn, [])) level.push({ dn, from: group });
    }
  }
  return null;
}

function withPrimaryGroup({ groups }: FollowedGroups, rids: readonly string[]): OnTheWay[] {
  return groups.filter(({ rid }) => rid !== null && rids.includes(rid)).map(({ dn }) => ({ dn, from: null }));
}

function sentence(top: OnTheWay): string {
  const way: string[] = [];
  for (let group: OnTheWay | null = top; group !== null; group = group.from) way.unshift(`"${saidText(group.dn)}"`);
  return `${way.join(' in ')}, which the scope names.`;
}

/** The groups that name this entry as a member. */
async function groupsOf(reached: Reached, dn: string, uids: readonly string[]): Promise<string[]> {
  const byDn = memberAttributes(reached).filter((name) => name !== 'memberUid');
  const names = [...byDn.map((name) => equal(name, dn)), ...uids.map((uid) => equal('memberUid', uid))];
  const filter = encodeFilter(and([isGroup, or(names)]));
  const found: string[] = [];
  for (const baseDn of placesOfGroups(reached)) {
    // A place that can't be searched shows no way. Whether the person is a member was decided before.
    const { entries } = await readEntries(reached.connection, { baseDn, scope: 'sub', filter, attributes: ['1.1'] });
    found.push(...entries.map((entry) => entry.dn));
  }
  return found;
}

async function valuesOf(reached: Reached, dn: string, attribute: string): Promise<string[]> {
  const filter = encodeFilter(present('objectClass'));
  const search = { baseDn: dn, scope: 'base', filter, attributes: [attribute] } as const;
  const { entries } = await readEntries(reached.connection, search, 1);
  return entries[0] === undefined ? [] : textsOf(entries[0], attribute);
}
