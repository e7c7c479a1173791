import { AppError } from '../../../../core/app-error.ts';
import { listed } from '../../../../core/outside-text.ts';
import { canonicalDn } from '../dn.ts';
import { encodeFilter, equal } from '../filter/filter.ts';
import { checkThere, isActiveDirectory, type Reached } from '../reach.ts';
import { type RawEntry, readEntries } from '../read-entries.ts';
import { findGroup, type GroupRole, readGroup, vanished } from './find-group.ts';
import type { GroupFinder } from './group-finder.ts';
import { HiddenGroups } from './hidden-groups.ts';
import { listGroups } from './listed-groups.ts';
import { Members } from './members.ts';
import { RequiredMembers } from './required-members.ts';
import { type Group, takeGroup } from './take-group.ts';

/**
 * The most groups whose members are taken in, and the most levels of groups within groups. Beyond them, the read is
 * incomplete.
 */
const mostGroups = 10_000;
const mostLevels = 50;
/** For how many groups without members a search checks whether people's memberOf names them. */
const mostAsked = 100;

/**
 * The groups that a scope names for one purpose, the groups inside them if those are followed, and the members of all
 * of them.
 */
export type FollowedGroups = {
  role: GroupRole;
  /** The named groups first, then those inside them, each once. */
  groups: readonly Group[];
  /** How many groups the scope names. */
  named: number;
  members: Members;
  /** Why members may be missing, one sentence for each reason. */
  doubts: readonly string[];
  /** The DNs of members that can't be seen, and may be people or groups. Null: there are more of them than were looked at. */
  hidden: readonly string[] | null;
};

/** The groups to follow, by DN or name. With `nested`, the groups inside them too. */
export type ToFollow = { role: GroupRole; groups: readonly string[]; nested: boolean };

/**
 * Finds the named groups and collects their members. With `nested`, it also collects those of the groups inside, level
 * by level. Each group is read once, so circles end. Throws AppError GROUP_NOT_FOUND.
 */
export async function followGroups(
  reached: Reached,
  finder: GroupFinder,
  { role, groups: names, nested }: ToFollow,
): Promise<FollowedGroups> {
  const follow = new Follow(reached, finder, nested);
  for (const name of names) await follow.take(await findGroup(reached, name, role));
  const named = follow.groups.length;
  if (nested) await follow.down();
  return { role, groups: follow.groups, named, members: follow.members, ...(await follow.doubts()) };
}

class Follow {
  readonly groups: Group[] = [];
  readonly members: Members;
  readonly #reached: Reached;
  readonly #finder: GroupFinder;
  readonly #seen = new Set<string>();
  readonly #hidden: HiddenGroups | null;
  readonly #required: RequiredMembers;
  readonly #doubts: string[] = [];

  constructor(reached: Reached, finder: GroupFinder, nested: boolean) {
    this.#reached = reached;
    this.#finder = finder;
    this.#required = new RequiredMembers(reached);
    this.members = new Members(reached.settings.baseDns);
    this.#hidden = nested ? new HiddenGroups(reached) : null;
  }

  async take(entry: RawEntry): Promise<void> {
    const canonical = canonicalDn(entry.dn);
    if (this.#seen.has(canonical)) return;
    this.#seen.add(canonical);
    const { list } = this.#finder;
    const onMember = (member: string, dn: string): void => this.#hidden?.add(member, dn, entry.dn);
    this.groups.push(await takeGroup(this.#reached, entry, { members: this.members, list, onMember }));
  }

  /** Goes down through the groups inside the groups, level by level. */
  async down(): Promise<void> {
    const named = [...this.groups];
    for (let [level, from] = [1, 0]; from < this.groups.length; level++) {
      const above = this.groups.slice(from);
      from = this.groups.length;
      const { inner, because } = await this.#finder.within(above);
      if (because !== null) this.#doubts.push(`Whether there are more groups inside could not be seen: ${because}`);
      const next = level === 1 ? [...inner, ...((await this.#finder.inChain(named, inner)) ?? [])] : inner;
      const fresh = next.filter((dn) => !this.#seen.has(canonicalDn(dn)));
      if (fresh.length === 0) return;
      if (level > mostLevels)
        return this.#stop(`Groups within groups are followed for ${mostLevels} levels, and there are more.`);
      for (const dn of fresh) {
        if (this.groups.length >= mostGroups)
          return this.#stop(`More than ${mostGroups} groups are inside the groups.`);
        await this.#takeByDn(dn);
      }
    }
  }

  #stop(doubt: string): void {
    this.#doubts.push(doubt);
  }

  async #takeByDn(dn: string): Promise<void> {
    if (this.#seen.has(canonicalDn(dn))) return;
    const entry = await readGroup(this.#reached, dn);
    if (entry === null) throw vanished(dn);
    await this.take(entry);
  }

  async doubts(): Promise<Pick<FollowedGroups, 'doubts' | 'hidden'>> {
    const unreadable: string[] = [];
    const elsewhere: string[] = [];
    let asked = 0;
    for (const group of this.groups) {
      if (group.size.dns + group.size.uids > 0 || group.hasEmptyMember) continue;
      if (isElsewhere(this.#reached, group)) elsewhere.push(group.dn);
      else if ((await this.#required.has(group)) || (asked++ < mostAsked && (await this.#isNamed(group))))
        unreadable.push(group.dn);
    }
    const found = await this.#hidden?.find((canonical) => this.#seen.has(canonical));
    const doubts = [...this.#doubts, ...(found?.doubts ?? [])];
    if (unreadable.length > 0) doubts.push(`The members of these groups can't be read: ${listed(unreadable)}.`);
    if (elsewhere.length > 0) doubts.push(`${notInCatalog}: ${listed(elsewhere)}.`);
    return { doubts, hidden: found === undefined ? [] : found.hidden };
  }

  /** Whether somebody's memberOf names a group that shows no members. OpenLDAP is not asked: there it is seldom indexed. */
  async #isNamed({ dn }: Group): Promise<boolean> {
    const { connection, settings, server } = this.#reached;
    if (server.flavour === 'OPENLDAP') return false;
    for (const baseDn of settings.baseDns) {
      const filter = encodeFilter(equal('memberOf', dn));
      const page = { size: 1, cookie: Buffer.alloc(0) };
      const { entries } = await readEntries(connection, { baseDn, scope: 'sub', filter, attributes: ['1.1'], page }, 1);
      if (entries.length > 0) return true;
    }
    return false;
  }
}

/** The ports of Active Directory's global catalog. */
const catalogPorts = [3268, 3269];

/** Whether the members of a group that shows none may be visible only on the domain controllers of its domain. */
function isElsewhere(reached: Reached, { isUniversal }: Group): boolean {
  return isActiveDirectory(reached) && !isUniversal && catalogPorts.includes(reached.connection.url.port);
}

const notInCatalog =
  'The global catalog holds only the members of universal groups. Connect to a domain controller of the domain (port 389 or 636) for the members of';

/** Throws if an excluded group is not fully known. Otherwise people would be let in by mistake. */
export function mustBeWhole({ doubts }: FollowedGroups): void {
  if (doubts.length === 0) return;
  throw new AppError('INCOMPLETE_READ', `The excluded groups of the scope can't be read in full. ${doubts.join(' ')}`, {
    hint: 'Let the bind account read these groups, or remove them from the scope.',
  });
}

/** Up to this many groups are read one by one. For more, all groups of the server are listed. */
const fewGroups = 200;

/**
 * Throws AppError GROUP_NOT_FOUND, with the group's name, when a group is no longer where it was when its members were
 * collected.
 */
export async function confirmGroups(reached: Reached, groups: readonly Group[]): Promise<void> {
  const all = groups.length > fewGroups ? await listGroups(reached) : null;
  const missing = groups.filter(({ dn }) => !all?.dns.has(canonicalDn(dn)));
  for (const { dn } of missing) await checkThere(reached, dn, vanished(dn));
}
