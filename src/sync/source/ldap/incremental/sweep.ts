import type { Arrivals } from '../../../../core/arrivals.ts';
import { fileTime, type NextExpiry } from '../account-flags.ts';
import { normalName } from '../attribute-name.ts';
import { type DecodedEntry, EntryDecoder } from '../entry-decoder.ts';
import { flavours } from '../flavour.ts';
import { idOf } from '../person-decoder.ts';
import type { Reached } from '../reach.ts';
import type { Membership } from '../scope-plan.ts';
import type { Marks } from './marks.ts';

/** The number of people to read in full, out of this many, above which one search for everybody costs less. */
export function fewOf(people: number): number {
  return Math.max(100, people / 200);
}
/** The reason for reading everybody then. */
export const tooManyWanted =
  'So many people have changed, are new, or were skipped by the last run that to read everybody costs less.';
/** The most DNs that are kept. */
const mostWanted = 10_000;

/** How many bytes of entries are held before the read begins. Then the server must wait. */
const muchHeld = 4 * 1024 * 1024;

/** What a sweep needs to know. */
export type SweepInput = {
  reached: Reached;
  idAttribute: string;
  marks: Marks;
  membership: Membership | null;
  /**
   * The time of the last read, and of this one. Accounts that have expired in between have changed without a new mark.
   */
  lastAt: Date;
  at: Date;
  /** Collects the times at which accounts expire. */
  expiry?: NextExpiry;
};

/**
 * Goes through the ids and marks of everybody in scope. It reports to the run who is unchanged, and collects who must
 * be read in full: people with another mark, people whom the run asks for, and people without a readable id. People who
 * do not come up are gone.
 */
export class Sweep {
  /** The attributes to ask the server for. */
  readonly attributes: readonly string[];
  /** The DNs of people to be read in full. */
  readonly wanted: string[] = [];
  readonly #input: SweepInput;
  readonly #decoder: EntryDecoder;
  readonly #expiresSlot: number;
  readonly #memberSlots: readonly number[];
  readonly #expired: { after: bigint; upTo: bigint };
  readonly #seen = new Set<string>();
  #arrivals: Arrivals | null = null;
  /** Entries that came before the read began. */
  #held: DecodedEntry[] = [];
  #heldBytes = 0;
  #swept = 0;
  #unnamed = 0;
  #news = 0;

  constructor(input: SweepInput) {
    const { reached, idAttribute, marks, membership, lastAt, at } = input;
    const names: string[] = [];
    const slotOf = (name: string): number => {
      const known = names.findIndex((other) => normalName(other) === normalName(name));
      return known >= 0 ? known : names.push(name) - 1;
    };
    slotOf(idAttribute);
    slotOf(marks.attribute);
    this.#expiresSlot = flavours[reached.server.flavour].flags.includes('accountExpires')
      ? slotOf('accountExpires')
      : -1;
    this.#memberSlots = (membership?.attributes ?? []).map(slotOf);
    this.#expired = { after: fileTime(lastAt), upTo: fileTime(at) };
    this.#input = input;
    this.#decoder = new EntryDecoder(names);
    this.attributes = names;
  }

  /** Takes the content of a SearchResultEntry. Throws MalformedBer. */
  take(bytes: Buffer, at: number, end: number): void {
    const entry = this.#decoder.decode(bytes, at, end);
    if (this.#arrivals !== null) this.#take(this.#arrivals, entry);
    else {
      this.#held.push(entry);
      this.#heldBytes += end - at;
      this.#news++;
    }
  }

  /** Begins to report people to the run, first those who have come already. */
  begin(arrivals: Arrivals): void {
    this.#arrivals = arrivals;
    this.#news = 0;
    for (const entry of this.#held) this.#take(arrivals, entry);
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** Whether no more should come before the read begins. */
  get holdsMuch(): boolean {
    return this.#heldBytes >= muchHeld;
  }

  #take(arrivals: Arrivals, { name, nameIsText, values }: DecodedEntry): void {
    const { marks, membership, expiry } = this.#input;
    expiry?.see(values[this.#expiresSlot]);
    const id = idOf(values[0]);
    const mark = textsOf(values[1])[0];
    if (id === null || !nameIsText || !marks.isKnown(id, mark) || this.#hasExpired(values[this.#expiresSlot])) {
      this.#want(id ?? name, name, nameIsText);
      return;
    }
    const standing = membership?.of(
      name,
      this.#memberSlots.map((slot) => textsOf(values[slot])),
    );
    const leftOut = standing === undefined ? null : standing.inGroups ? standing.excluded : 'NOT_IN_GROUP';
    const became = arrivals.unchanged(id, leftOut);
    if (became === 'wanted') this.#want(id, name, true);
    else if (became === 'known') {
      this.#swept++;
      this.#news++;
      marks.note(id, mark, 'kept');
    }
  }

  /** How many new people came since the last call. */
  takeNews(): number {
    const news = this.#news;
    this.#news = 0;
    return news;
  }

  /** Why everybody should be read. Null: reading the wanted people is enough. */
  whyEverybody(): string | null {
    if (this.#unnamed > 0) return 'Some people have DNs that are no text, so they can only be read with everybody.';
    return this.#seen.size <= fewOf(this.#swept) ? null : tooManyWanted;
  }

  /** Whether further entries would change nothing. */
  get hasEnough(): boolean {
    return this.#unnamed > 0 || this.#seen.size > mostWanted;
  }

  #want(key: string, dn: string, isText: boolean): void {
    if (this.#seen.has(key) || this.hasEnough) return;
    this.#seen.add(key);
    this.#news++;
    if (isText) this.wanted.push(dn);
    else this.#unnamed++;
  }

  #hasExpired(value: string | readonly string[] | undefined): boolean {
    const expires = textsOf(value)[0];
    if (expires === undefined || !/^\d{1,19}$/.test(expires)) return false;
    const at = BigInt(expires);
    return at > this.#expired.after && at <= this.#expired.upTo;
  }
}

function textsOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}
