import { AppError } from '../../../../core/app-error.ts';
import { saidText } from '../../../../core/outside-text.ts';
import { rangeOf } from '../attribute-name.ts';
import { canonicalDn } from '../dn.ts';
import type { Reached } from '../reach.ts';
import { type RawEntry, textsOf } from '../read-entries.ts';
import { readEachPart } from '../read-parts.ts';
import { binaryText } from '../value-text.ts';
import { memberAttributes, vanished } from './find-group.ts';
import type { ListedGroups } from './listed-groups.ts';
import type { Members } from './members.ts';

/** A group whose members have been collected. */
export type Group = {
  dn: string;
  /** The object classes. Empty when they can't be read. */
  classes: string[];
  /** Its number in its domain of Active Directory, the last part of its SID. Null: it has none. */
  rid: string | null;
  /** Whether it is a universal group of Active Directory. The global catalog holds the members of only these groups. */
  isUniversal: boolean;
  /** How many members it has by DN, and by uid. */
  size: { dns: number; uids: number };
  /** Whether it has the empty DN as a member, which names nobody. It is there because some schemas require a member. */
  hasEmptyMember: boolean;
  /** The DNs of the first members, as the server writes them. A small group has all of them here. */
  firstMembers: string[];
  /** DNs of members that were found in the list of all groups. Null: the list was not needed. */
  inner: string[] | null;
};

/** The bit of groupType for universal groups (MS-ADTS 2.2.12). */
const universal = 0x8;

type TakingIn = {
  members: Members;
  list: (() => Promise<ListedGroups>) | null;
  onMember: (canonical: string, dn: string) => void;
};

/**
 * A group with more members is compared with the list of all groups. The members of smaller ones are read one by one.
 */
export const firstMembersKept = 50;

/**
 * Collects all members of a group, even if the server sends them in parts (Active Directory: 1,500 at a time). `list`
 * returns the list of all groups of the server, with which the members of a large group are compared; null: they are
 * not compared. `onMember` gets each member by DN.
 */
export async function takeGroup(
  reached: Reached,
  entry: RawEntry,
  { members, list, onMember }: TakingIn,
): Promise<Group> {
  const group: Group = {
    dn: entry.dn,
    classes: textsOf(entry, 'objectClass').map((name) => name.toLowerCase()),
    rid: ridOf(entry),
    isUniversal: (Number(textsOf(entry, 'groupType')[0] ?? 0) & universal) !== 0,
    size: { dns: 0, uids: 0 },
    hasEmptyMember: false,
    firstMembers: [],
    inner: null,
  };
  const parts = memberAttributes(reached).map((name) => firstPart(entry, name));
  const byDn = parts.filter(({ name }) => name !== 'memberUid');
  const isLarge =
    byDn.some(({ next }) => next !== null) ||
    byDn.reduce((sum, { values }) => sum + values.length, 0) > firstMembersKept;
  const groups = isLarge && list !== null ? await list() : null;
  if (groups !== null) group.inner = [];
  const add = (attribute: string, value: string): void => {
    if (value === '') {
      group.hasEmptyMember = true;
      return;
    }
    if (attribute === 'memberUid') {
      group.size.uids++;
      members.addUid(value);
      return;
    }
    const dn = attribute === 'uniqueMember' ? value.replace(/#'[01]*'B$/, '') : value;
    const canonical = canonicalDn(dn);
    group.size.dns++;
    if (group.firstMembers.length < firstMembersKept) group.firstMembers.push(dn);
    if (groups?.dns.has(canonical)) group.inner?.push(dn);
    members.addDn(canonical, dn);
    onMember(canonical, dn);
  };
  for (const { name, values, next } of parts) {
    for (const value of values) add(name, value);
    if (next !== null) await readRest(reached, { dn: entry.dn, name, from: next }, (value) => add(name, value));
  }
  return group;
}

/** The values of an attribute that came with the entry; `next` is the number of the first missing one, or null. */
function firstPart(entry: RawEntry, name: string): { name: string; values: string[]; next: number | null } {
  const range = [...entry.attributes.keys()].find((key) => rangeOf(key)?.name === name.toLowerCase());
  const values = textsOf(entry, name);
  if (range !== undefined) for (const value of textsOf(entry, range)) values.push(value);
  return { name, values, next: range === undefined ? null : (rangeOf(range)?.next ?? null) };
}

async function readRest(
  reached: Reached,
  part: { dn: string; name: string; from: number },
  take: (value: string) => void,
): Promise<void> {
  try {
    await readEachPart(reached, part, ({ values, undecodable }) => {
      // If unreadable members were skipped, they would look like people who have left the group.
      if (undecodable) throw unreadableMembers(part.dn, part.name);
      for (const value of values) take(value);
    });
  } catch (error) {
    throw error instanceof AppError && error.code === 'BASE_DN_NOT_FOUND' ? vanished(part.dn) : error;
  }
}

function unreadableMembers(dn: string, attribute: string): AppError {
  return new AppError('INVALID_RESPONSE', `Some members of the group "${saidText(dn)}" can't be read.`, {
    hint: `Look at the values of ${attribute}: DNs are text, and no part of them has more than 10,000.`,
  });
}

/** Only groups of a domain can be somebody's primary group: the RIDs of built-in groups mean others there. */
function ridOf(entry: RawEntry): string | null {
  const sid = entry.attributes.get('objectsid')?.[0];
  const text = sid === undefined ? null : binaryText('sid', sid);
  return /^S-1-5-21-\d+-\d+-\d+-(\d+)$/.exec(text ?? '')?.[1] ?? null;
}
