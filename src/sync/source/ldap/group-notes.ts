import { AppError } from '../../../core/app-error.ts';
import type { SourceNote } from '../../../core/entry.ts';
import { listed, saidText } from '../../../core/outside-text.ts';
import type { LogCode } from '../../../core/run.ts';
import { canonicalDn, isWithinDn } from './dn.ts';
import { and, encodeFilter, equal, type LdapFilter, present } from './filter/filter.ts';
import { firstMembersKept, type Group, groupClasses, isGroup } from './find-group.ts';
import { isActiveDirectory, type Reached } from './reach.ts';
import { decodeRawEntry, type RawEntry, readEntries, textsOf } from './read-entries.ts';
import { type Brought, readPages } from './read-parts.ts';

/** Most groups of the directory that are searched for groups inside a large group. */
const maxGroupsSeen = 500_000;

const classesOfGroups = new Set(groupClasses.map((name) => name.toLowerCase()));

/**
 * Warnings about the scope's groups: one is no group, has no members, or contains groups, whose members do not come in by it. No
 * warning for inner groups that the scope names as well: their members do come in.
 */
export async function groupNotes(reached: Reached, groups: readonly Group[]): Promise<SourceNote[]> {
  const named = new Set(groups.map(({ dn }) => canonicalDn(dn)));
  const notes: SourceNote[] = [];
  for (const group of groups) {
    const { classes, members, uids } = group;
    const empty = group.whole && members.size === 0 && uids.size === 0;
    if (empty && classes.length > 0 && !classes.some((name) => classesOfGroups.has(name))) notes.push(noGroup(group));
    // On Active Directory a group without members can still be the primary group of many people.
    else if (empty && group.rid === null) notes.push(emptyGroup(group));
    else if (!empty) notes.push(...(await innerNotes(reached, group, named)));
  }
  return notes;
}

function warn(code: LogCode, message: string): SourceNote {
  return { level: 'WARN', code, message };
}

function quoted({ dn }: Group): string {
  return `"${saidText(dn)}"`;
}

function noGroup(group: Group): SourceNote {
  return warn(
    'NOT_A_GROUP',
    `${quoted(group)} is named as a group of the scope, but is no group (${listed(group.classes.filter((name) => name !== 'top'))}), so nobody comes in by it. Name a group, or move the DN to the base DNs.`,
  );
}

function emptyGroup(group: Group): SourceNote {
  return warn(
    'EMPTY_GROUP',
    `The group ${quoted(group)} shows no members to the bind account, so nobody comes in by it. Check that it has any, and that the account may read them.`,
  );
}

async function innerNotes(reached: Reached, group: Group, named: ReadonlySet<string>): Promise<SourceNote[]> {
  const { inner, because } = await innerGroups(reached, group);
  const notes: SourceNote[] = [];
  const unnamed = inner.filter((dn) => !named.has(canonicalDn(dn)));
  if (unnamed.length > 0) {
    const onlyGroups = group.whole && group.uids.size === 0 && inner.length === group.members.size;
    const message = `The group ${quoted(group)} holds ${onlyGroups ? 'only groups' : 'groups'}, which were not followed, so their members do not come in by it: ${listed(unnamed)}. Name these groups in the scope as well.`;
    notes.push(warn('GROUPS_NOT_FOLLOWED', message));
  }
  if (because !== null)
    notes.push(
      warn('GROUPS_NOT_FOLLOWED', `Whether the group ${quoted(group)} holds groups could not be seen: ${because}`),
    );
  return notes;
}

/** DNs of the groups inside a group. `because`: why there may be more of them, or null. */
type InnerGroups = { inner: string[]; because: string | null };

/** A few members are read one by one. For many, all groups of the server are searched and compared with the members. */
async function innerGroups(reached: Reached, group: Group): Promise<InnerGroups> {
  if (group.whole && group.members.size <= firstMembersKept) return await groupsOf(reached, group.firstMembers);
  if (isActiveDirectory(reached))
    return await searchGroups(reached, and([isGroup, equal('memberOf', group.dn)]), () => true);
  return await searchGroups(reached, isGroup, (dn) => group.members.has(dn));
}

function showsGroup(entry: RawEntry): boolean {
  return textsOf(entry, 'objectClass').some((name) => classesOfGroups.has(name.toLowerCase()));
}

async function groupsOf(reached: Reached, dns: readonly string[]): Promise<InnerGroups> {
  const inner = new Map<string, string>();
  const filter = encodeFilter(present('objectClass'));
  for (const baseDn of dns) {
    // A member that is missing or invisible does not come in, and neither would its members. So errors are ignored.
    const { entries } = await readEntries(reached.connection, {
      baseDn,
      scope: 'base',
      filter,
      attributes: ['objectClass'],
    });
    for (const entry of entries) if (showsGroup(entry)) inner.set(canonicalDn(baseDn), entry.dn);
  }
  return { inner: [...inner.values()], because: null };
}

/** Searches for groups that meet a filter and belong to the group; `belongs` gets the canonical DN. */
async function searchGroups(
  reached: Reached,
  filter: LdapFilter,
  belongs: (dn: string) => boolean,
): Promise<InnerGroups> {
  const seen = new Set<string>();
  const inner: string[] = [];
  const progress = { pages: 0 };
  let news = 0;
  const entry = (bytes: Buffer, at: number, end: number): void => {
    const found = decodeRawEntry(bytes, at, end);
    const dn = canonicalDn(found.dn);
    if (seen.has(dn) || seen.size > maxGroupsSeen) return;
    seen.add(dn);
    news++;
    if (belongs(dn) && showsGroup(found)) inner.push(found.dn);
  };
  const onPage = (): Brought => {
    const brought = seen.size > maxGroupsSeen ? 'enough' : news;
    news = 0;
    return brought;
  };
  let because: string | null = null;
  for (const baseDn of places(reached)) {
    const search = { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes: ['objectClass'] } as const;
    try {
      await readPages(reached, { search, sink: { entry, references: () => {} }, onPage, progress });
    } catch (error) {
      if (!(error instanceof AppError) || !reached.connection.isOpen) throw error;
      // Nothing is known about places that the account can't see at all.
      if (error.code !== 'BASE_DN_NOT_FOUND') because ??= error.message;
    }
  }
  if (seen.size > maxGroupsSeen) because ??= `there are more than ${maxGroupsSeen} groups.`;
  return { inner, because };
}

/** Where groups can be: everywhere on the server, not only below the base DNs of the people. */
function places({ server, settings }: Reached): string[] {
  const contexts = server.namingContexts.map(canonicalDn);
  const bases = settings.baseDns.filter((dn) => !contexts.some((context) => isWithinDn(canonicalDn(dn), context)));
  return [...server.namingContexts, ...bases];
}
