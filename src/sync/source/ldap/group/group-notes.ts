import type { SourceNote } from '../../../../core/entry.ts';
import { listed, saidText } from '../../../../core/outside-text.ts';
import { canonicalDn } from '../dn.ts';
import { type GroupRole, isGroupClass } from './find-group.ts';
import type { FollowedGroups } from './follow-groups.ts';
import type { GroupFinder } from './group-finder.ts';
import type { Group } from './take-group.ts';

/** The effects of a group that has a problem, in words. */
const effects: Record<GroupRole, { nobody: string; theirs: string }> = {
  include: { nobody: 'nobody comes in by it', theirs: 'do not come in by it' },
  exclude: { nobody: 'it leaves out nobody', theirs: 'are not left out by it' },
};

/**
 * Notes on the groups that a scope names: a group is none, has no members, or contains groups that are not followed.
 * Also how many members can't come in, because they are outside the base DNs.
 */
export async function groupNotes(
  finder: GroupFinder,
  { followed, nested }: { followed: FollowedGroups; nested: boolean },
): Promise<SourceNote[]> {
  const { role, groups, named } = followed;
  const notes: SourceNote[] = [];
  const filled: Group[] = [];
  for (const group of groups.slice(0, named)) {
    const { classes, size, rid } = group;
    const isEmpty = size.dns + size.uids === 0;
    if (isEmpty && classes.length > 0 && !isGroupClass(classes)) notes.push(noGroup(group, role));
    // On Active Directory a group without members can still be the primary group of many people.
    else if (isEmpty && rid === null) notes.push(emptyGroup(group, role));
    else if (!isEmpty) filled.push(group);
  }
  const inside = new Set<string>(groups.map(({ dn }) => canonicalDn(dn)));
  if (!nested) notes.push(...(await innerNotes(finder, filled, { role, inside })));
  return [...notes, ...outsiders(followed, inside)];
}

function quoted({ dn }: Group): string {
  return `"${saidText(dn)}"`;
}

function noGroup(group: Group, role: GroupRole): SourceNote {
  const kind = listed(group.classes.filter((name) => name !== 'top'));
  const mend = role === 'include' ? 'move the DN to the base DNs' : 'move the DN to the excluded DNs';
  const message = `${quoted(group)} is named as a group of the scope, but is no group (${kind}), so ${effects[role].nobody}. Name a group, or ${mend}.`;
  return { level: 'WARN', code: 'NOT_A_GROUP', message };
}

/** A group for people who have left can be empty for long. So only groups whose members come in get this warning. */
function emptyGroup(group: Group, role: GroupRole): SourceNote {
  const message = `The group ${quoted(group)} shows no members to the bind account, so ${effects[role].nobody}. Check that it has any, and that the account may read them.`;
  return { level: role === 'include' ? 'WARN' : 'INFO', code: 'EMPTY_GROUP', message };
}

type Inside = { role: GroupRole; inside: Set<string> };

/** Adds the groups that it finds to `inside`. Groups that the scope also names get no note. */
async function innerNotes(
  finder: GroupFinder,
  groups: readonly Group[],
  { role, inside }: Inside,
): Promise<SourceNote[]> {
  const named = new Set(inside);
  // One search for all groups shows whether any of them has groups inside.
  const all = groups.length > 1 && finder.asksForMany ? await finder.within(groups) : null;
  if (all !== null && all.inner.length === 0 && all.because === null) return [];
  const notes: SourceNote[] = [];
  const note = (message: string): void => void notes.push({ level: 'WARN', code: 'GROUPS_NOT_FOLLOWED', message });
  for (const group of groups) {
    const { inner, because } = await finder.within([group]);
    for (const dn of inner) inside.add(canonicalDn(dn));
    const unnamed = inner.filter((dn) => !named.has(canonicalDn(dn)));
    if (unnamed.length > 0) {
      const only = group.size.uids === 0 && inner.length === group.size.dns ? 'only groups' : 'groups';
      note(
        `The group ${quoted(group)} holds ${only}, which were not followed, so their members ${effects[role].theirs}: ${listed(unnamed)}. Turn on nestedGroups, or name these groups in the scope as well.`,
      );
    }
    if (because !== null) note(`Whether the group ${quoted(group)} holds groups could not be seen: ${because}`);
  }
  return notes;
}

/**
 * The note on members of other base DNs, other domains or other servers. They can't come in. That is no fault, but may
 * surprise people.
 */
function outsiders({ role, members }: FollowedGroups, inside: ReadonlySet<string>): SourceNote[] {
  if (role === 'exclude') return [];
  const { outside, outsiders: some } = members.places;
  const groups = [...inside].filter((dn) => members.isOutside(dn)).length;
  const count = outside - groups;
  if (count <= 0) return [];
  const examples = some.filter((dn) => !inside.has(canonicalDn(dn))).slice(0, 20);
  const rest = count > examples.length ? ` and ${count - examples.length} more` : '';
  const message = `${count} ${count === 1 ? 'member' : 'members'} of the groups are not below the base DNs and do not come in: ${listed(examples)}${rest}.`;
  return [{ level: 'INFO', code: 'MEMBERS_OUTSIDE', message }];
}
