import type { LdapFlavour } from '../../../../core/ldap-flavour.ts';
import { listed } from '../../../../core/outside-text.ts';
import { canonicalDn, isWithinDn, parentDn } from '../dn.ts';
import { and, encodeFilter, equal, or, present } from '../filter/filter.ts';
import { isActiveDirectory, type Reached } from '../reach.ts';
import { readEntries } from '../read-entries.ts';
import { noEntryCodes } from './find-group.ts';

/**
 * How many places are remembered, how many members of each place and of all places, and how many members are looked up
 * in one run.
 */
const mostPlaces = 1000;
const mostOfPlace = 500;
const mostRemembered = 20_000;
const mostLooks = 500;
const fewMembers = 100;

/** Members with the same place and kind of name, such as all `cn=…` directly below `ou=groups,dc=example,dc=org`. */
type Place = { parent: string; attribute: string; members: Member[]; more: boolean };

/** A member, and the first group that was found to have it. */
type Member = { dn: string; group: string };

/** Members that can't be seen, and sentences about them. `hidden` null: there may be more of them than were looked at. */
type Hidden = { doubts: string[]; hidden: readonly string[] | null };

/** The object classes of members that are no groups. */
const others = [
  ...['person', 'organizationalPerson', 'inetOrgPerson', 'account'],
  ...['contact', 'computer', 'device', 'foreignSecurityPrincipal'],
];
const isOther = or(others.map((name) => equal('objectClass', name)));

/**
 * Servers that answer differently about an entry that is missing and one that the account may not see. For a missing entry they name
 * the lowest entry above that exists (matchedDN). For a hidden one OpenLDAP names none, or says that the account has no right, and
 * 389 Directory Server says success and sends nothing. Active Directory gives the same answer for both.
 */
const saysWhatIsMissing: ReadonlySet<LdapFlavour> = new Set<LdapFlavour>(['OPENLDAP', 'DS389', 'FREEIPA']);

/**
 * What the server says about a member. `hidden`: it exists, or it can't be told whether it does. `missing`: it does not exist; many
 * servers leave the names of deleted entries where they are.
 */
type Standing = 'visible' | 'hidden' | 'missing';

/**
 * Looks for members that can be groups which the account can't see: their members would be missing without a trace. Three things
 * speak against it. The server says that the member does not exist (`saysWhatIsMissing`). The member is named by `uid`, as people are.
 * Or people and the like are where it should be; but a few members are looked at all the same, where the server's answer can be
 * trusted. What is left may also be a person who is hidden, but nobody may be removed because of a group that is.
 */
export class HiddenGroups {
  readonly #reached: Reached;
  readonly #contexts: readonly string[];
  /** Whether an answer tells if a member is missing. Otherwise a missing member counts as hidden. */
  readonly #tellsMissing: boolean;
  readonly #places = new Map<string, Place>();
  #remembered = 0;
  #looksLeft = mostLooks;

  constructor(reached: Reached) {
    this.#reached = reached;
    this.#contexts = reached.server.namingContexts.map(canonicalDn);
    this.#tellsMissing = this.#contexts.length > 0 && saysWhatIsMissing.has(reached.server.flavour);
  }

  /** Remembers the place of a member of a group. Members on other servers can't be looked up. */
  add(canonical: string, dn: string, group: string): void {
    const end = canonical.indexOf('\u0000');
    const attribute = canonical.slice(0, canonical.indexOf('='));
    if (end < 0 || attribute === 'uid') return;
    const key = `${attribute}${canonical.slice(end)}`;
    const place = this.#places.get(key);
    if (place === undefined) {
      if (this.#places.size >= mostPlaces || !this.#isHere(canonical)) return;
      const parent = parentDn(dn);
      if (parent !== null) this.#places.set(key, { parent, attribute, members: [{ dn, group }], more: false });
    } else if (place.members.length < mostOfPlace && this.#remembered < mostRemembered) {
      place.members.push({ dn, group });
      this.#remembered++;
    } else place.more = true;
  }

  #isHere(canonical: string): boolean {
    return this.#contexts.length === 0 || this.#contexts.some((context) => isWithinDn(canonical, context));
  }

  /** Looks for the hidden members. `isKnown`: whether the group of a canonical DN was found. */
  async find(isKnown: (canonical: string) => boolean): Promise<Hidden> {
    const hidden: Member[] = [];
    let tooMany = false;
    for (const place of this.#places.values()) {
      const strange = place.members.filter(({ dn }) => !isKnown(canonicalDn(dn)));
      if (strange.length === 0 || (!this.#isTidyAndSmall(strange) && (await this.#holdsOthers(place)))) continue;
      tooMany ||= place.more || strange.length > this.#looksLeft;
      for (const member of strange.slice(0, this.#looksLeft)) {
        this.#looksLeft--;
        if ((await this.#standingOf(member.dn)) === 'hidden') hidden.push(member);
      }
    }
    const doubts: string[] = [];
    if (hidden.length > 0) doubts.push(this.#sentence(hidden));
    if (tooMany) doubts.push(`Whether more than ${mostLooks} members of the groups are groups could not be seen.`);
    return { doubts, hidden: tooMany ? null : hidden.map(({ dn }) => dn) };
  }

  #sentence(hidden: readonly Member[]): string {
    const named = listed(hidden.map(({ dn }) => dn));
    const groups = listed([...new Set(hidden.map(({ group }) => group))]);
    const ifMissing = this.#tellsMissing ? '' : ' if they do not exist';
    return `The bind account can't see these members: ${named}. They are in ${groups}. They may be groups, whose members would then be missing. Let the account read them, or remove them from their groups${ifMissing}. If none of them is a group, nestedGroups can also be turned off.`;
  }

  /** So few members can be looked at, whatever else is where they are. Active Directory names no members that are missing. */
  #isTidyAndSmall(members: readonly Member[]): boolean {
    const isTidy = this.#tellsMissing || isActiveDirectory(this.#reached);
    return isTidy && members.length <= Math.min(fewMembers, this.#looksLeft);
  }

  async #holdsOthers({ parent, attribute }: Place): Promise<boolean> {
    const { entries } = await readEntries(this.#reached.connection, {
      baseDn: parent,
      scope: 'one',
      filter: encodeFilter(and([isOther, present(attribute)])),
      attributes: ['1.1'],
      page: { size: 1, cookie: Buffer.alloc(0) },
    });
    return entries.length > 0;
  }

  /** A member of which the server says that it is elsewhere counts as visible: it is told as one outside the base DNs. */
  async #standingOf(baseDn: string): Promise<Standing> {
    const filter = encodeFilter(present('objectClass'));
    const search = { baseDn, scope: 'base', filter, attributes: ['1.1'] } as const;
    const { entries, result } = await readEntries(this.#reached.connection, search);
    if (entries.length > 0 || result.code === 10) return 'visible';
    const endsAbove = result.matchedDn !== '' && isWithinDn(canonicalDn(baseDn), canonicalDn(result.matchedDn));
    return this.#tellsMissing && noEntryCodes.includes(result.code) && endsAbove ? 'missing' : 'hidden';
  }
}
