import { AppError } from '../../../core/app-error.ts';
import { listed, saidText } from '../../../core/outside-text.ts';
import { rangeOf } from './attribute-name.ts';
import { canonicalDn, parseDn } from './dn.ts';
import { and, encodeFilter, equal, or, present } from './filter/filter.ts';
import { contextOf, isActiveDirectory, type Reached } from './reach.ts';
import { type RawEntry, readEntries, textsOf } from './read-entries.ts';
import { readRange } from './read-parts.ts';
import { resultError } from './result-error.ts';
import { binaryText } from './value-text.ts';

/** A group of the scope as it is in the directory. */
export type Group = {
  dn: string;
  /** Its object classes in lower case. Empty when they can't be read. */
  classes: string[];
  /** Its number in Active Directory: the last part of its SID. */
  rid: string | null;
  /** Canonical DNs of the members; on Active Directory only the first ones. */
  members: Set<string>;
  /** The DNs of the first members as the server writes them. */
  firstMembers: string[];
  /** Lower-case uids of the members. */
  uids: Set<string>;
  /** True when all members are in these lists. */
  whole: boolean;
};

const memberAttributes = ['member', 'uniqueMember', 'memberUid'];
/** The object classes of groups. */
export const groupClasses = [
  'group',
  'groupOfNames',
  'groupOfUniqueNames',
  'groupOfMembers',
  'posixGroup',
  'ipaUserGroup',
];

/** Groups of the same name that an error message lists, at most. */
const mostNamesakes = 10;
/** Number of members whose DNs are kept as written. */
export const firstMembersKept = 50;

/** Finds a group by its DN, or by a name that only one group has, and reads its members. Throws AppError GROUP_NOT_FOUND. */
export async function findGroup(reached: Reached, group: string): Promise<Group> {
  const activeDirectory = isActiveDirectory(reached);
  // Active Directory itself filters by membership, so a few members are enough: they show whether groups are among them.
  const members = activeDirectory ? ['objectSid', `member;range=0-${firstMembersKept - 1}`] : memberAttributes;
  const attributes = ['objectClass', ...members];
  const named = parseDn(group);
  const entry =
    named.kind === 'ok' && named.rdns.length > 0
      ? await findByDn(reached, group, attributes)
      : await findByName(reached, group, attributes);
  const found: Group = {
    dn: entry.dn,
    classes: textsOf(entry, 'objectClass').map((name) => name.toLowerCase()),
    rid: ridOf(entry),
    members: new Set(),
    firstMembers: [],
    uids: new Set(),
    whole: true,
  };
  for (const attribute of memberAttributes) await addMembers(reached, found, entry, attribute);
  return found;
}

async function findByDn(reached: Reached, dn: string, attributes: string[]): Promise<RawEntry> {
  const search = { baseDn: dn, scope: 'base', filter: encodeFilter(present('objectClass')), attributes } as const;
  const { entries, result } = await readEntries(reached.connection, search);
  if (entries[0] !== undefined) return entries[0];
  if (![0, 10, 32, 34].includes(result.code)) throw resultError(result, contextOf(reached, dn));
  throw notFound(dn, 'Check its DN, and that the bind account may see it.');
}

async function findByName(reached: Reached, name: string, attributes: string[]): Promise<RawEntry> {
  const filter = encodeFilter(and([isGroup, equal('cn', name)]));
  const found = new Map<string, RawEntry>();
  for (const baseDn of [...reached.settings.baseDns, ...reached.server.namingContexts]) {
    const search = { baseDn, scope: 'sub', filter, attributes } as const;
    const { entries } = await readEntries(reached.connection, search, mostNamesakes);
    for (const entry of entries) found.set(canonicalDn(entry.dn), entry);
    if (found.size > 0) break;
  }
  const [group, ...others] = found.values();
  if (group === undefined) throw notFound(name, 'Write its DN, and check that the bind account may see it.');
  if (others.length > 0)
    throw notFound(
      name,
      `Several groups have that name; write the DN of one: ${listed([...found.values()].map(({ dn }) => dn))}`,
    );
  return group;
}

/** The filter for groups of all kinds. */
export const isGroup = or(groupClasses.map((value) => equal('objectClass', value)));

function notFound(group: string, hint: string): AppError {
  return new AppError(
    'GROUP_NOT_FOUND',
    `The group "${group}" of the scope is not in the directory, or not the only one of that name.`,
    { hint },
  );
}

/** If unreadable members were skipped, they would look like people who have left the group. */
function unreadableMembers(dn: string, attribute: string): AppError {
  return new AppError('INVALID_RESPONSE', `Some members of the group "${saidText(dn)}" can't be read.`, {
    hint: `Look at the values of ${attribute}: DNs are text, and no part of them has more than 10,000.`,
  });
}

function ridOf({ attributes }: RawEntry): string | null {
  const sid = attributes.get('objectsid')?.[0];
  return (sid === undefined ? undefined : binaryText('sid', sid)?.split('-').at(-1)) ?? null;
}

async function addMembers(reached: Reached, group: Group, entry: RawEntry, attribute: string): Promise<void> {
  const values = textsOf(entry, attribute);
  const range = [...entry.attributes.keys()].find((key) => rangeOf(key)?.name === attribute.toLowerCase());
  const next = range === undefined ? null : (rangeOf(range)?.next ?? null);
  if (range !== undefined) for (const value of textsOf(entry, range)) values.push(value);
  if (next !== null && isActiveDirectory(reached)) group.whole = false;
  else if (next !== null) {
    const rest = await readRange(reached, entry.dn, attribute, next);
    if (rest.undecodable) throw unreadableMembers(entry.dn, attribute);
    for (const value of rest.values) values.push(value);
  }
  for (const value of values) addMember(group, attribute, value);
}

/** The empty DN is nobody. Groups have it where their schema requires a member. */
function addMember(group: Group, attribute: string, value: string): void {
  if (value === '') return;
  if (attribute === 'memberUid') {
    group.uids.add(value.toLowerCase());
    return;
  }
  const dn = attribute === 'uniqueMember' ? value.replace(/#'[01]*'B$/, '') : value;
  group.members.add(canonicalDn(dn));
  if (group.firstMembers.length < firstMembersKept) group.firstMembers.push(dn);
}
