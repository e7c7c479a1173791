import { canonicalDn } from '../dn.ts';
import { and, encodeFilter, equal, extensible, type LdapFilter, or, present } from '../filter/filter.ts';
import { contextOf, type Reached } from '../reach.ts';
import { readEntries, textsOf } from '../read-entries.ts';
import { resultError } from '../result-error.ts';
import { hiddenCodes, isGroup, isGroupClass } from './find-group.ts';
import { type ListedGroups, listGroups, searchGroups } from './listed-groups.ts';
import type { Group } from './take-group.ts';

/** DNs of groups, as the server writes them. `because`: why there may be more of them, or null. */
export type InnerGroups = { inner: string[]; because: string | null };

/** Matches a DN, and all DNs that contain it through other groups (MS-ADTS 3.1.1.3.4.4.3). */
const ruleInChain = '1.2.840.113556.1.4.1941';
/** How many seconds the server may follow chains. It serves nobody else meanwhile, and large domains take longer. */
const chainSeconds = 3;
/** With more named groups, following the chains costs more than going down level by level. */
const mostChains = 10;
/** How many groups one filter names. */
const groupsAtOnce = 50;

/**
 * Finds the groups inside groups. Active Directory is asked for them, because it maintains and indexes memberOf itself.
 * On all other servers, the members of a group are compared with the server's groups. Samba counts as another server:
 * for such a filter it tries each group with each object (0.02 ms for memberOf, 3 ms for a chain), and serves nobody
 * else meanwhile.
 */
export class GroupFinder {
  readonly #reached: Reached;
  readonly #asks: boolean;
  #listed: Promise<ListedGroups> | null = null;
  /**
   * How many members of small groups may still be read one by one. With more of them, listing all groups costs less.
   */
  #looksLeft = 500;

  constructor(reached: Reached) {
    this.#reached = reached;
    this.#asks = reached.server.flavour === 'ACTIVE_DIRECTORY';
  }

  /** Lists all groups of the server, once. Null: the server is asked for the groups inside a group instead. */
  get list(): (() => Promise<ListedGroups>) | null {
    return this.#asks ? null : () => (this.#listed ??= listGroups(this.#reached));
  }

  /** Whether one search finds the groups inside many groups. */
  get asksForMany(): boolean {
    return this.#asks;
  }

  /** The groups that are members of these groups, one level down. */
  async within(groups: readonly Group[]): Promise<InnerGroups> {
    if (this.#asks) return await this.#byMemberOf(groups.map(({ dn }) => dn));
    const all: InnerGroups = { inner: [], because: null };
    for (const group of groups) {
      const { inner, because } = await this.#amongMembers(group);
      for (const dn of inner) all.inner.push(dn);
      all.because ??= because;
    }
    return all;
  }

  /**
   * All groups inside these groups, on any level, as the server finds them. Null: it does not know the rule, or takes
   * too long. They only save steps: the caller continues level by level from there, so groups that the server leaves
   * out are found too.
   */
  async inChain(groups: readonly Group[], firstLevel: readonly string[]): Promise<string[] | null> {
    if (!this.#asks || groups.length > mostChains || firstLevel.length === 0) return null;
    const found = new Map<string, string>();
    const chains = or(groups.map(({ dn }) => extensible('memberOf', ruleInChain, dn)));
    const add = (dn: string): boolean => found.size !== found.set(canonicalDn(dn), dn).size;
    const because = await searchGroups(this.#reached, and([isGroup, chains]), add, chainSeconds);
    // A server that does not know the rule finds nothing, not even the groups of the first level.
    const works = because === null && firstLevel.every((dn) => found.has(canonicalDn(dn)));
    return works ? [...found.values()] : null;
  }

  async #byMemberOf(dns: readonly string[]): Promise<InnerGroups> {
    const inner = new Map<string, string>();
    let because: string | null = null;
    for (let at = 0; at < dns.length; at += groupsAtOnce) {
      const some: LdapFilter = or(dns.slice(at, at + groupsAtOnce).map((dn) => equal('memberOf', dn)));
      const add = (dn: string): boolean => inner.size !== inner.set(canonicalDn(dn), dn).size;
      because ??= await searchGroups(this.#reached, and([isGroup, some]), add);
    }
    return { inner: [...inner.values()], because };
  }

  /**
   * The groups among a group's members. A few members are read one by one. For many, all groups of the server are
   * listed and compared with the members.
   */
  async #amongMembers(group: Group): Promise<InnerGroups> {
    if (group.inner !== null) return { inner: group.inner, because: (await this.list?.())?.because ?? null };
    const few = group.firstMembers.length <= this.#looksLeft;
    const { dns, because } = few
      ? { dns: null, because: null }
      : ((await this.list?.()) ?? { dns: null, because: null });
    if (dns !== null) return { inner: group.firstMembers.filter((dn) => dns.has(canonicalDn(dn))), because };
    this.#looksLeft -= group.firstMembers.length;
    const inner: string[] = [];
    for (const dn of group.firstMembers) if (await this.#isGroup(dn)) inner.push(dn);
    return { inner, because: null };
  }

  /** Members that are missing or invisible do not count as groups here. HiddenGroups looks for them. */
  async #isGroup(baseDn: string): Promise<boolean> {
    const filter = encodeFilter(present('objectClass'));
    const search = { baseDn, scope: 'base', filter, attributes: ['objectClass'] } as const;
    const { entries, result } = await readEntries(this.#reached.connection, search);
    if (![0, ...hiddenCodes].includes(result.code)) throw resultError(result, contextOf(this.#reached, baseDn));
    return entries.some((entry) => isGroupClass(textsOf(entry, 'objectClass')));
  }
}
