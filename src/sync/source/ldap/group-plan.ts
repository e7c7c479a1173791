import { AppError } from '../../../core/app-error.ts';
import { rangeOf } from './attribute-name.ts';
import { canonicalDn, isWithinDn, parseDn } from './dn.ts';
import { encodeFilter } from './filter/encode-filter.ts';
import { and, equal, type LdapFilter, or, present } from './filter/filter.ts';
import { binaryText } from './identity.ts';
import { decodeRawEntry, type RawEntry, textsOf } from './raw-entry.ts';
import { contextOf, type Reached } from './reach.ts';
import { readEntries } from './read-entries.ts';
import { readPages } from './read-pages.ts';
import { resultError } from './result-error.ts';

/** How a scope's groups take part in the read: not at all, as a part of the filter, or by comparing with their members. */
export type GroupPlan =
  | { kind: 'none' }
  | { kind: 'filter'; filter: LdapFilter }
  /** Members by canonical DN and by lower-case uid. */
  | { kind: 'members'; dns: ReadonlySet<string>; uids: ReadonlySet<string> };

const memberAttributes = ['member', 'uniqueMember', 'memberUid'];
const groupClasses = ['group', 'groupOfNames', 'groupOfUniqueNames', 'groupOfMembers', 'posixGroup', 'ipaUserGroup'];
/** Beyond this many members, comparing costs less than asking twice. */
const maxProbedMembers = 20_000;

/**
 * Finds the groups (DNs, or names that only one group has) and decides. Active Directory keeps memberOf itself. Elsewhere
 * memberOf may be missing for who was loaded before it was turned on, or hold indirect groups, so it is used only where it
 * agrees with the groups' own members. Throws GROUP_NOT_FOUND.
 */
export async function planGroups(reached: Reached, groups: readonly string[]): Promise<GroupPlan> {
  if (groups.length === 0) return { kind: 'none' };
  const found: RawEntry[] = [];
  for (const group of groups) found.push(await findGroup(reached, group));
  const memberOf = or(found.map(({ dn }) => equal('memberOf', dn)));
  if (isActiveDirectory(reached)) return { kind: 'filter', filter: or([memberOf, ...found.flatMap(primaryGroup)]) };
  const dns = new Set<string>();
  const uids = new Set<string>();
  for (const group of found) await addMembers(reached, group, dns, uids);
  if (uids.size === 0 && (await memberOfAgrees(reached, memberOf, dns))) return { kind: 'filter', filter: memberOf };
  return { kind: 'members', dns, uids };
}

const isActiveDirectory = ({ server }: Reached): boolean =>
  server.flavour === 'ACTIVE_DIRECTORY' || server.flavour === 'SAMBA';

/** The primary group of an account is never in its memberOf: its number is the last part of the group's SID. */
function primaryGroup({ attributes }: RawEntry): LdapFilter[] {
  const sid = attributes.get('objectsid')?.[0];
  const rid = sid === undefined ? undefined : binaryText('sid', sid)?.split('-').at(-1);
  return rid === undefined ? [] : [equal('primaryGroupID', rid)];
}

async function findGroup(reached: Reached, group: string): Promise<RawEntry> {
  const attributes = isActiveDirectory(reached) ? ['objectSid'] : memberAttributes;
  const named = parseDn(group);
  if (named.kind === 'ok' && named.rdns.length > 0) {
    const search = { baseDn: group, scope: 'base', filter: encodeFilter(present('objectClass')), attributes } as const;
    const { entries, result } = await readEntries(reached.connection, search);
    if (entries[0] !== undefined) return entries[0];
    if (![0, 10, 32, 34].includes(result.code)) throw resultError(result, contextOf(reached, group));
    throw notFound(group, 'Check its DN, and that the bind account may see it.');
  }
  return await findByName(reached, group, attributes);
}

async function findByName(reached: Reached, name: string, attributes: string[]): Promise<RawEntry> {
  const filter = encodeFilter(and([or(groupClasses.map((value) => equal('objectClass', value))), equal('cn', name)]));
  const found = new Map<string, RawEntry>();
  for (const baseDn of [...reached.settings.baseDns, ...reached.server.namingContexts]) {
    const { entries } = await readEntries(reached.connection, { baseDn, scope: 'sub', filter, attributes });
    for (const entry of entries) found.set(canonicalDn(entry.dn), entry);
    if (found.size > 0) break;
  }
  const [group, ...others] = found.values();
  if (group === undefined) throw notFound(name, 'Write its DN, and check that the bind account may see it.');
  if (others.length > 0)
    throw notFound(
      name,
      `Several groups have that name; write the DN of one: ${[...found.values()].map(({ dn }) => dn).join('; ')}`,
    );
  return group;
}

const notFound = (group: string, hint: string): AppError =>
  new AppError(
    'GROUP_NOT_FOUND',
    `The group "${group}" of the scope is not in the directory, or not the only one of that name.`,
    { hint },
  );

async function addMembers(reached: Reached, group: RawEntry, dns: Set<string>, uids: Set<string>): Promise<void> {
  for (const attribute of memberAttributes) {
    for (const value of await allValues(reached, group, attribute)) {
      if (attribute === 'memberUid') uids.add(value.toLowerCase());
      else dns.add(canonicalDn(attribute === 'uniqueMember' ? value.replace(/#'[01]*'B$/, '') : value));
    }
  }
}

/** All values of an attribute, asking on where the server sends ranges (`member;range=0-1499`). */
async function allValues(reached: Reached, entry: RawEntry, attribute: string): Promise<string[]> {
  const values = textsOf(entry, attribute);
  let part: RawEntry = entry;
  for (;;) {
    const range = [...part.attributes.keys()].find((key) => rangeOf(key)?.name === attribute.toLowerCase());
    if (range === undefined) return values;
    values.push(...textsOf(part, range));
    const next = rangeOf(range)?.next ?? null;
    if (next === null) return values;
    const attributes = [`${attribute};range=${next}-*`];
    const search = {
      baseDn: entry.dn,
      scope: 'base',
      filter: encodeFilter(present('objectClass')),
      attributes,
    } as const;
    const { entries, result } = await readEntries(reached.connection, search);
    if (entries[0] === undefined) throw resultError(result, contextOf(reached, entry.dn));
    part = entries[0];
  }
}

/** Whether exactly the members within the bases carry memberOf; only then the server's own filter means the same. */
async function memberOfAgrees(reached: Reached, memberOf: LdapFilter, members: ReadonlySet<string>): Promise<boolean> {
  const { flavour } = reached.server;
  if ((flavour !== 'OPENLDAP' && flavour !== 'OTHER') || members.size === 0 || members.size > maxProbedMembers)
    return false;
  const bases = reached.settings.baseDns.map(canonicalDn);
  const expected = new Set([...members].filter((dn) => bases.some((base) => isWithinDn(dn, base))));
  const seen = new Set<string>();
  for (const baseDn of reached.settings.baseDns) {
    const search = { baseDn, scope: 'sub', filter: encodeFilter(memberOf), attributes: ['1.1'] } as const;
    const entry = (bytes: Buffer, at: number, end: number): unknown =>
      seen.add(canonicalDn(decodeRawEntry(bytes, at, end).dn));
    await readPages(reached, search, { entry, references: () => {} }, async () => {});
  }
  return seen.size === expected.size && [...seen].every((dn) => expected.has(dn));
}
