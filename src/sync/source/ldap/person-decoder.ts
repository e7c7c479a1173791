import { hash } from 'node:crypto';
import type { AttributeValue, Entry } from '../../../core/entry.ts';
import { longestSaid, saidText } from '../../../core/outside-text.ts';
import { accountFlags, fileTime, flagAttributes, type NextExpiry } from './account-flags.ts';
import { isForbidden, normalName } from './attribute-name.ts';
import { changeMark, markAttributes } from './change-mark.ts';
import { EntryDecoder, type RangeLeft } from './entry-decoder.ts';
import { type Flavour, flavours } from './flavour.ts';
import type { Membership, Standing } from './scope-plan.ts';

/** The most characters of an id and of a DN. Longer ones would not fit into the database. */
export const longestId = 512;
export const longestName = 4096;

/**
 * How entries become people. `membership` is that of the scope's plan. `markAttribute`: null when no marks are wanted.
 * `photo`: see ReadRequest. `expiry`: collects the times at which accounts expire; left out: they are not needed.
 */
type PeopleForm = {
  idAttribute: string;
  flavour: Flavour;
  membership: Membership | null;
  at: Date;
  markAttribute: string | null;
  photo?: boolean;
  expiry?: NextExpiry;
};

const expiresFlag = flagAttributes.indexOf('accountExpires');

const included: Standing = Object.freeze({ inGroups: true, excluded: null });

/**
 * A person of a directory. `mark`: the value of the attribute that shows changes; undefined: none was requested, or the
 * entry has none.
 */
export type LdapPerson = Entry & { mark: string | undefined };

/** Turns entries into people. It asks for the mapping's attributes, then for id, flags, uid and mark. */
export class PersonDecoder {
  /** The attributes to ask the server for. */
  readonly attributes: string[];
  /** People with an attribute of which only a part has come. The caller reads the rest and empties the list. */
  readonly unfinished: { entry: LdapPerson; range: RangeLeft }[] = [];
  readonly #decoder: EntryDecoder;
  readonly #wanted: number;
  readonly #idSlot: number;
  readonly #flagSlots: number[];
  readonly #expiry: NextExpiry | null;
  readonly #now: bigint;
  readonly #idAttribute: string;
  readonly #membershipSlots: readonly number[];
  readonly #membership: Membership | null;
  readonly #markSlot: number;
  /** Null: changes of photos need not show. */
  readonly #photoMarkSlots: number[] | null;
  readonly #at: Date;

  /** Accounts that have expired at the time `at` count as disabled. */
  constructor(
    attributes: readonly string[],
    { idAttribute, flavour, membership, at, markAttribute, photo = false, expiry }: PeopleForm,
  ) {
    const names = [...attributes];
    const slotOf = (name: string): number => {
      const known = names.findIndex((other) => normalName(other) === normalName(name));
      return known >= 0 ? known : names.push(name) - 1;
    };
    this.#wanted = attributes.length;
    this.#idAttribute = idAttribute;
    this.#idSlot = slotOf(idAttribute);
    this.#now = fileTime(at);
    const flags: readonly string[] = flavours[flavour].flags;
    this.#flagSlots = flagAttributes.map((name) => (flags.includes(name) ? slotOf(name) : -1));
    this.#expiry = expiry ?? null;
    this.#membershipSlots = membership?.attributes.map(slotOf) ?? [];
    this.#membership = membership;
    this.#markSlot = markAttribute === null ? -1 : slotOf(markAttribute);
    this.#photoMarkSlots = photo ? markAttributes.map(slotOf) : null;
    this.#at = at;
    // Servers raise the mark for changes of attributes that nobody has asked for.
    this.#decoder = new EntryDecoder(names, this.#markSlot < this.#wanted ? -1 : this.#markSlot);
    this.attributes = names.filter((name) => !isForbidden(name));
  }

  /** Decodes the content of a SearchResultEntry. Throws MalformedBer. */
  decode(bytes: Buffer, at: number, end: number): LdapPerson {
    const { name, nameIsText, values, undecodable, ranges } = this.#decoder.decode(bytes, at, end);
    const id = idOf(values[this.#idSlot]);
    const unfit = this.#unfit(id, name, nameIsText);
    const { disabled, notAPerson } = accountFlags(values, this.#flagSlots, this.#now);
    this.#expiry?.see(values[this.#flagSlots[expiresFlag] ?? -1]);
    const { inGroups, excluded } = this.#standing(name, values);
    const mark = first(values[this.#markSlot]);
    const photoMark =
      this.#photoMarkSlots &&
      changeMark(
        this.#photoMarkSlots.map((slot) => values[slot]),
        this.#at,
      );
    values.length = this.#wanted;
    const entry: LdapPerson = {
      name: unfit !== null && name.length > longestSaid ? saidText(name) : name,
      id,
      unfit,
      attributes: values,
      disabled,
      notAPerson,
      inGroups,
      excluded,
      undecodable,
      said: ranges.length === 0 ? said(bytes.subarray(at, end), photoMark) : null,
      mark,
    };
    if (photoMark !== null) entry.photoMark = photoMark;
    for (const range of ranges) if (range.slot < this.#wanted) this.unfinished.push({ entry, range });
    return entry;
  }

  #standing(name: string, values: readonly AttributeValue[]): Standing {
    if (this.#membership === null) return included;
    return this.#membership.of(
      name,
      this.#membershipSlots.map((slot) => [values[slot] ?? []].flat()),
    );
  }

  #unfit(id: string | null, name: string, nameIsText: boolean): string | null {
    if (id === null)
      return `There is no "${this.#idAttribute}" that can be read (text of at most ${longestId} characters). It identifies people.`;
    if (!nameIsText) return 'The DN holds bytes that are no text.';
    return name.length > longestName ? `The DN has more than ${longestName} characters.` : null;
  }
}

/** The digest of what the server sent, and of the mark in which changes of the photo show. */
function said(bytes: Buffer, photoMark: string | null): string {
  const digest = hash('sha256', bytes, 'binary');
  return photoMark === null ? digest : hash('sha256', `${digest}${photoMark}`, 'binary');
}

function first(value: AttributeValue): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

/** The id of a person, from the values of the id attribute. Null: none that can be used. */
export function idOf(value: AttributeValue): string | null {
  const id = first(value);
  return id === undefined || id === '' || id.length > longestId ? null : id;
}
