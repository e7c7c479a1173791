import { hash } from 'node:crypto';
import type { Entry } from '../../../core/directory.ts';
import { accountFlags, flagAttributes } from './account-flags.ts';
import { normalName } from './attribute-name.ts';
import { canonicalDn } from './dn.ts';
import { EntryDecoder, type RangeLeft } from './entry-decoder.ts';
import type { GroupPlan } from './group-plan.ts';

/** Never read with people: they make pages huge and fill no field. */
const photos = new Set(['jpegphoto', 'thumbnailphoto', 'thumbnaillogo', 'photo', 'audio']);

/** Lays out what is asked for (the mapping's attributes, then id, flags and uid) and makes people of what comes. */
export class PersonDecoder {
  /** What to ask the server for. */
  readonly attributes: string[];
  /** People of whom an attribute is to be read on, since it was last emptied. */
  readonly unfinished: { entry: Entry; range: RangeLeft }[] = [];
  readonly #decoder: EntryDecoder;
  readonly #wanted: number;
  readonly #idSlot: number;
  readonly #flagSlots: number[];
  readonly #uidSlot: number;
  readonly #groups: GroupPlan;

  constructor(attributes: readonly string[], idAttribute: string, groups: GroupPlan) {
    const names = [...attributes];
    const slotOf = (name: string): number => {
      const known = names.findIndex((other) => normalName(other) === normalName(name));
      return known >= 0 ? known : names.push(name) - 1;
    };
    this.#wanted = attributes.length;
    this.#idSlot = slotOf(idAttribute);
    this.#flagSlots = flagAttributes.map(slotOf);
    this.#uidSlot = groups.kind === 'members' && groups.uids.size > 0 ? slotOf('uid') : -1;
    this.#groups = groups;
    this.#decoder = new EntryDecoder(names);
    this.attributes = names.filter((name) => !photos.has(normalName(name).split(';')[0] ?? ''));
  }

  /** Decodes the content of a SearchResultEntry. Throws MalformedBer. */
  decode(bytes: Buffer, at: number, end: number): Entry {
    const { name, values, undecodable, ranges } = this.#decoder.decode(bytes, at, end);
    const id = values[this.#idSlot];
    const { disabled, notAPerson } = accountFlags(values, this.#flagSlots);
    const inGroups = this.#groups.kind !== 'members' || this.#isMember(name, values[this.#uidSlot]);
    values.length = this.#wanted;
    const entry: Entry = {
      name,
      id: (typeof id === 'string' ? id : id?.[0]) ?? null,
      attributes: values,
      disabled,
      notAPerson,
      inGroups,
      undecodable,
      said: ranges.length === 0 ? hash('sha256', bytes.subarray(at, end), 'binary') : null,
    };
    for (const range of ranges) if (range.slot < this.#wanted) this.unfinished.push({ entry, range });
    return entry;
  }

  #isMember(name: string, uid: Entry['attributes'][number]): boolean {
    if (this.#groups.kind !== 'members') return true;
    if (this.#groups.dns.has(canonicalDn(name))) return true;
    const { uids } = this.#groups;
    return uid !== undefined && (typeof uid === 'string' ? [uid] : uid).some((one) => uids.has(one.toLowerCase()));
  }
}
