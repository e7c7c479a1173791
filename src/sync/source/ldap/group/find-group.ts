import { AppError } from '../../../../core/app-error.ts';
import { listed, saidText } from '../../../../core/outside-text.ts';
import { canonicalDn, isWithinDn, parseDn } from '../dn.ts';
import { and, encodeFilter, equal, type LdapFilter, or, present } from '../filter/filter.ts';
import { contextOf, isActiveDirectory, type Reached } from '../reach.ts';
import { type RawEntry, readEntries } from '../read-entries.ts';
import { resultError } from '../result-error.ts';

/** Why a scope names a group: its members come in, or they are left out. */
export type GroupRole = 'include' | 'exclude';

/** The object classes of groups. */
const groupClasses = [
  'group',
  'groupOfNames',
  'groupOfUniqueNames',
  'groupOfMembers',
  'posixGroup',
  'ipaUserGroup',
  'nestedGroup',
];
const classesOfGroups = new Set(groupClasses.map((name) => name.toLowerCase()));

/** The filter for groups of all kinds. */
export const isGroup = or(groupClasses.map((value) => equal('objectClass', value)));

/** Whether one of these object classes is that of a group. */
export function isGroupClass(classes: readonly string[]): boolean {
  return classes.some((name) => classesOfGroups.has(name.toLowerCase()));
}

/** The attributes that name members. Active Directory has only the first. */
export function memberAttributes(reached: Reached): readonly string[] {
  return isActiveDirectory(reached) ? ['member'] : ['member', 'uniqueMember', 'memberUid'];
}

function attributesOf(reached: Reached): string[] {
  return [
    'objectClass',
    ...(isActiveDirectory(reached) ? ['objectSid', 'groupType'] : []),
    ...memberAttributes(reached),
  ];
}

/** The most groups of the same name that an error message lists. */
const mostNamesakes = 20;

/** Result codes that mean that there is no such entry, or that the account may not know of it. */
export const noEntryCodes = [10, 32, 34];
/** The same codes, and the one for missing rights. */
export const hiddenCodes = [...noEntryCodes, 50];

/**
 * Finds a group by its DN, or by a name that only one group of the server has: cn, on Active Directory also sAMAccountName. The
 * entry has the members, or the first of them. Throws AppError GROUP_NOT_FOUND.
 */
export async function findGroup(reached: Reached, group: string, role: GroupRole): Promise<RawEntry> {
  const named = parseDn(group);
  if (named.kind === 'error' || named.rdns.length === 0) return await findByName(reached, group, role);
  const entry = await readGroup(reached, group);
  if (entry === null) throw notFound(group, role, 'Check its DN, and that the bind account may see it.');
  return entry;
}

/** Reads a group with its members, or the first of them. Null: there is no such entry, or the account may not see it. */
export async function readGroup(reached: Reached, dn: string): Promise<RawEntry | null> {
  const filter = encodeFilter(present('objectClass'));
  const search = { baseDn: dn, scope: 'base', filter, attributes: attributesOf(reached) } as const;
  const { entries, result } = await readEntries(reached.connection, search);
  if (entries[0] !== undefined) return entries[0];
  if (result.code !== 0 && !noEntryCodes.includes(result.code)) throw resultError(result, contextOf(reached, dn));
  return null;
}

async function findByName(reached: Reached, name: string, role: GroupRole): Promise<RawEntry> {
  const named: LdapFilter[] = [equal('cn', name)];
  if (isActiveDirectory(reached)) named.push(equal('sAMAccountName', name));
  const filter = encodeFilter(and([isGroup, or(named)]));
  const found = new Map<string, RawEntry>();
  for (const baseDn of placesOfGroups(reached)) {
    const search = { baseDn, scope: 'sub', filter, attributes: attributesOf(reached) } as const;
    const { entries, result } = await readEntries(reached.connection, search, mostNamesakes);
    // If the search broke off, nobody knows whether the name is unique, or whether there is such a group.
    if (result.code !== 0 && !hiddenCodes.includes(result.code)) throw resultError(result, contextOf(reached, baseDn));
    for (const entry of entries) if (!isCopy(reached, entry.dn)) found.set(canonicalDn(entry.dn), entry);
  }
  const [group, ...others] = found.values();
  if (group === undefined) throw notFound(name, role, 'Write its DN, and check that the bind account may see it.');
  if (others.length === 0) return group;
  throw new AppError(
    'GROUP_NOT_FOUND',
    `The name "${saidText(name)}" of ${wordsFor[role]} belongs to several groups.`,
    {
      hint: `Write the DN of one of them: ${listed([...found.values()].map(({ dn }) => dn))}`,
    },
  );
}

/** FreeIPA shows each group a second time below cn=compat, for clients of older schemas. */
function isCopy({ server }: Reached, dn: string): boolean {
  return server.flavour === 'FREEIPA' && canonicalDn(dn).includes('\u0000cn=compat\u0000');
}

/** The places in which groups can be: the whole server, not only below the base DNs of the people. */
export function placesOfGroups({ server, settings }: Reached): string[] {
  const contexts = server.namingContexts.map(canonicalDn);
  const bases = settings.baseDns.filter((dn) => !contexts.some((context) => isWithinDn(canonicalDn(dn), context)));
  return [...server.namingContexts, ...bases];
}

const wordsFor: Record<GroupRole, string> = {
  include: 'a group of the scope',
  exclude: 'an excluded group of the scope',
};

function notFound(group: string, role: GroupRole, hint: string): AppError {
  const words = role === 'include' ? 'The group' : 'The excluded group';
  const message = `${words} "${saidText(group)}" of the scope is not in the directory.`;
  return new AppError('GROUP_NOT_FOUND', message, { hint: `${hint} If it was deleted, remove it from the scope.` });
}

/** The error for a group that was there when the run began. Its members would be missing, or would suddenly come in. */
export function vanished(dn: string): AppError {
  const message = `The group "${saidText(dn)}" was deleted, renamed or hidden while the run was reading.`;
  return new AppError('GROUP_NOT_FOUND', message, {
    hint: 'Run again. If the scope names the group, correct the scope.',
  });
}
