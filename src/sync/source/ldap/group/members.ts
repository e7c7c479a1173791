import { AppError } from '../../../../core/app-error.ts';
import { canonicalDn, isWithinDn } from '../dn.ts';
import { TextSet } from './text-set.ts';

/** The most members of all groups of a scope together. They take about 60 MB. */
const mostMembers = 2_000_000;
/** How many DNs of members outside the base DNs are kept as written, to name some of them. */
const outsidersKept = 200;

/**
 * The members of the groups that a scope names, both people and groups; each counts once. They are kept as hashes,
 * because a group can have as many members as the directory has people: 50,000 members take 1.5 MB, and the check
 * whether a person is among them takes microseconds. The alternative is to ask the server for people by DN, in filters
 * with many alternatives. That would take a search for each hundred members, and servers evaluate such filters slowly.
 */
export class Members {
  /** Members by canonical DN. */
  readonly #dns = new TextSet();
  /** Members by uid in lower case, for groups that name their members by uid. */
  readonly #uids = new TextSet();
  readonly #bases: readonly string[];
  #below = 0;
  #outside = 0;
  readonly #outsiders: string[] = [];

  constructor(baseDns: readonly string[]) {
    this.#bases = baseDns.map(canonicalDn);
  }

  hasDn(canonical: string): boolean {
    return this.#dns.has(canonical);
  }

  hasUid(uid: string): boolean {
    return this.#uids.has(uid.toLowerCase());
  }

  /** How many members are named by uid. */
  get uids(): number {
    return this.#uids.size;
  }

  /** How many members by DN are below a base DN, and how many are not. */
  get places(): { below: number; outside: number; outsiders: readonly string[] } {
    return { below: this.#below, outside: this.#outside, outsiders: this.#outsiders };
  }

  /** Whether this DN is a member that is below no base DN. */
  isOutside(canonical: string): boolean {
    return !this.#isBelow(canonical) && this.#dns.has(canonical);
  }

  #isBelow(canonical: string): boolean {
    return this.#bases.some((base) => isWithinDn(canonical, base));
  }

  addDn(canonical: string, dn: string): void {
    if (!this.#dns.add(canonical)) return;
    if (this.#isBelow(canonical)) this.#below++;
    else {
      this.#outside++;
      if (this.#outsiders.length < outsidersKept) this.#outsiders.push(dn);
    }
    this.#check();
  }

  addUid(uid: string): void {
    if (this.#uids.add(uid.toLowerCase())) this.#check();
  }

  /** The same for the same members. */
  fingerprint(): string {
    return `${this.#dns.fingerprint()} ${this.#uids.fingerprint()}`;
  }

  #check(): void {
    if (this.#dns.size + this.#uids.size <= mostMembers) return;
    throw new AppError('INVALID_RESPONSE', `The groups of the scope have more than ${mostMembers} members.`, {
      hint: 'Name smaller groups, or leave the groups out and use base DNs and rules.',
    });
  }
}
