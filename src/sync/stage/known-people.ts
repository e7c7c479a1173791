import type { Extent } from '../../core/arrivals.ts';
import { copyDigest, type Digest, digestId, mixed, uuidOf } from './digest.ts';

const LINKED = 1;
/** The person was gone before this read began. */
const GONE = 2;
/** The feed has mentioned the person: as present, as out of scope or as gone. */
const MENTIONED = 4;
const PRESENT = 8;
/** The person must be checked again, even if their entry is unchanged. */
const AGAIN = 16;
/** The first bit of the reader's note: a number, 0 for people who have not arrived. */
const noteShift = 5;
/** The note of somebody who has arrived, before the reader makes a note. */
export const nothingNoted = 1;
/** The largest possible note. */
export const largestNote = 31;
const noteBits = largestNote << noteShift;
/** The first bit of the note of the last read about people whom it left out. 0: for others. */
const beforeShift = 10;
/** The source has named the person as somebody who is there. */
const NAMED = 1 << 15;

/** What is known about a person who arrives: already arrived in this read, not linked, or linked. */
export type Arrival = 'again' | 'new' | 'linked';

/**
 * Everybody the connection links, everybody the last read left out and everybody the feed brings, in flat arrays: 32 bytes a person
 * for id and hash, two bytes of marks, and the slots of an open-addressing table. Two ids are the same when their 16-byte
 * digests are.
 */
export class KnownPeople {
  #count = 0;
  #ids = new Uint32Array(4 * 1024);
  #hashes = new Uint32Array(4 * 1024);
  #marks = new Uint16Array(1024);
  #slots = new Int32Array(4096).fill(-1);
  readonly #key: Digest = new Uint32Array(4);

  #unsettled = 0;

  /**
   * How many linked people are not gone and must be checked again, even if the source reports nothing new about them.
   */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Counts the linked people who are gone (see `isGone`). */
  countGone(extent: Extent): number {
    let count = 0;
    for (let at = 0; at < this.#count; at++) if (isGone(this.#marks[at] ?? 0, extent)) count++;
    return count;
  }

  /** Adds a linked person by the digest of their id. `hash` is null for people who must be looked at again. */
  addLinked(id: Digest, hash: Digest | null, gone: boolean): void {
    copyDigest(id, this.#key, 0);
    const at = this.#findOrAdd();
    this.#marks[at] = (this.#marks[at] ?? 0) | LINKED | (gone ? GONE : 0) | (hash === null ? AGAIN : 0);
    if (hash === null && !gone) this.#unsettled++;
    if (hash !== null) copyDigest(hash, this.#hashes, 4 * at);
  }

  /** Adds somebody whom the last read left out, linked or not, with its note. */
  addLeftOut(id: Digest, note: number): void {
    copyDigest(id, this.#key, 0);
    const at = this.#findOrAdd();
    this.#marks[at] = (this.#marks[at] ?? 0) | (note << beforeShift);
  }

  /** Selects somebody who is known already. False: nobody has this id. */
  select(id: string): boolean {
    digestId(id, this.#key);
    this.#selected = this.#find(this.#slotOf());
    return this.#selected !== -1;
  }

  /** Notes that the selected person, who has not arrived yet, does so now. */
  arriveSelected(): void {
    this.#marks[this.#selected] = (this.#marks[this.#selected] ?? 0) | MENTIONED | (nothingNoted << noteShift);
  }

  /** Forgets that anybody has arrived. */
  forgetArrivals(): void {
    for (let at = 0; at < this.#count; at++)
      this.#marks[at] = (this.#marks[at] ?? 0) & ~(MENTIONED | PRESENT | noteBits);
  }

  /** The note that the last read made about the selected person when it left them out; 0: it did not. */
  get noteBefore(): number {
    return ((this.#marks[this.#selected] ?? 0) >> beforeShift) & largestNote;
  }

  /** Whether the selected person was there after the last read. People who must be checked again count too. */
  get isThere(): boolean {
    return wasRead(this.#marks[this.#selected] ?? 0);
  }

  /** How many people were there after the last read. */
  countThere(): number {
    let count = 0;
    for (let at = 0; at < this.#count; at++) if (wasRead(this.#marks[at] ?? 0)) count++;
    return count;
  }

  /** How many people are known. */
  get count(): number {
    return this.#count;
  }

  /** Notes whom the source has named as there, by the bytes of UUIDs, one after another. Unknown ids are ignored. */
  name(ids: Uint8Array): void {
    const bytes = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
    for (let id = 0; id + 16 <= ids.length; id += 16) {
      for (let i = 0; i < 4; i++) this.#key[i] = bytes.getUint32(id + 4 * i);
      const at = this.#find(this.#slotOf());
      if (at !== -1) this.#marks[at] = (this.#marks[at] ?? 0) | NAMED;
    }
  }

  /** The ids of people who were there after the last read, and whom the feed has neither named nor mentioned. All ids are UUIDs. */
  missing(most: number): string[] | null {
    const ids: string[] = [];
    for (let at = 0; at < this.#count; at++) {
      if (!wasThere(this.#marks[at] ?? 0) || ((this.#marks[at] ?? 0) & (NAMED | MENTIONED)) !== 0) continue;
      if (ids.length === most) return null;
      ids.push(uuidOf(this.#ids.subarray(4 * at, 4 * at + 4)));
    }
    return ids;
  }

  /** Selects, one after another, all people who were there after the last read and whom the feed has not mentioned. */
  forEachUnmentioned(onPerson: () => void): void {
    for (let at = 0; at < this.#count; at++) {
      const marks = this.#marks[at] ?? 0;
      if (!wasThere(marks) || (marks & MENTIONED) !== 0) continue;
      this.#selected = at;
      onPerson();
    }
  }

  /** Whether the selected person is linked, and nothing must be done while their entry is unchanged. */
  get isSettled(): boolean {
    return ((this.#marks[this.#selected] ?? 0) & (LINKED | GONE | AGAIN)) === LINKED;
  }

  /** Notes that everybody with this note is in scope as far as anybody knows, so that they do not count as gone. */
  keepNoted(note: number): void {
    for (let at = 0; at < this.#count; at++) {
      const marks = this.#marks[at] ?? 0;
      if ((marks & noteBits) >> noteShift === note) this.#marks[at] = marks | PRESENT;
    }
  }

  /** Calls `onPerson` for people with such a note, in order of their ids. */
  forEachNoted(isWanted: (note: number) => boolean, onPerson: (id: Digest, note: number) => void): void {
    const noteAt = (at: number): number => ((this.#marks[at] ?? 0) & noteBits) >> noteShift;
    const wanted: number[] = [];
    for (let at = 0; at < this.#count; at++) if (isWanted(noteAt(at))) wanted.push(at);
    const ids = this.#ids;
    wanted.sort((a, b) => {
      for (let i = 0; i < 4; i++) {
        const difference = (ids[4 * a + i] ?? 0) - (ids[4 * b + i] ?? 0);
        if (difference !== 0) return difference;
      }
      return 0;
    });
    for (const at of wanted) onPerson(ids.subarray(4 * at, 4 * at + 4), noteAt(at));
  }

  /** Notes that somebody has arrived. The person is selected for the calls that follow. */
  arrive(id: string): Arrival {
    digestId(id, this.#key);
    const at = this.#findOrAdd();
    this.#selected = at;
    const marks = this.#marks[at] ?? 0;
    if (marks & noteBits) return 'again';
    this.#marks[at] = marks | MENTIONED | (nothingNoted << noteShift);
    return marks & LINKED ? 'linked' : 'new';
  }

  /** Selects somebody whom the feed reports as gone. False: the person is unknown. */
  depart(id: string): boolean {
    digestId(id, this.#key);
    this.#selected = this.#find(this.#slotOf());
    if (this.#selected !== -1) this.#marks[this.#selected] = (this.#marks[this.#selected] ?? 0) | MENTIONED;
    return this.#selected !== -1;
  }

  #selected = -1;

  /** Notes that the selected person is in scope. */
  markPresent(): void {
    this.#marks[this.#selected] = (this.#marks[this.#selected] ?? 0) | PRESENT;
  }

  /** The reader's note about the selected person; 0: they have not arrived. */
  get note(): number {
    return ((this.#marks[this.#selected] ?? 0) & noteBits) >> noteShift;
  }

  set note(note: number) {
    this.#marks[this.#selected] = ((this.#marks[this.#selected] ?? 0) & ~noteBits) | (note << noteShift);
  }

  /** Undoes the arrival of the selected person. */
  takeBack(): void {
    this.#marks[this.#selected] = (this.#marks[this.#selected] ?? 0) & ~(PRESENT | noteBits);
  }

  /** Whether the selected person is linked, was not gone, and has the same hash as last time. */
  isUnchanged(hash: Digest): boolean {
    const at = this.#selected;
    const marks = this.#marks[at] ?? 0;
    if ((marks & (LINKED | GONE | AGAIN)) !== LINKED) return false;
    const base = 4 * at;
    for (let i = 0; i < 4; i++) if (this.#hashes[base + i] !== hash[i]) return false;
    return true;
  }

  /** Whether the person is linked and gone. */
  isGone(id: Digest, extent: Extent): boolean {
    copyDigest(id, this.#key, 0);
    const at = this.#find(this.#slotOf());
    return at !== -1 && isGone(this.#marks[at] ?? 0, extent);
  }

  #slotOf(): number {
    return mixed(this.#key, 0) & (this.#slots.length - 1);
  }

  /** The index of the person with the current key, or -1. Leaves the last slot looked at in #probe. */
  #find(start: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = start; ; slot = (slot + 1) & mask) {
      const at = this.#slots[slot] ?? -1;
      this.#probe = slot;
      if (at === -1) return -1;
      const base = 4 * at;
      if (
        this.#ids[base] === this.#key[0] &&
        this.#ids[base + 1] === this.#key[1] &&
        this.#ids[base + 2] === this.#key[2] &&
        this.#ids[base + 3] === this.#key[3]
      )
        return at;
    }
  }

  #probe = 0;

  #findOrAdd(): number {
    const found = this.#find(this.#slotOf());
    if (found !== -1) return found;
    if (2 * (this.#count + 1) > this.#slots.length) {
      this.#rehash();
      this.#find(this.#slotOf());
    }
    if (this.#count === this.#marks.length) this.#grow();
    const at = this.#count++;
    this.#slots[this.#probe] = at;
    copyDigest(this.#key, this.#ids, 4 * at);
    return at;
  }

  /** Grows by half. `transfer` frees the old memory at once; the garbage collector would leave it for long. */
  #grow(): void {
    const size = Math.ceil(this.#marks.length * 1.5);
    this.#ids = new Uint32Array(this.#ids.buffer.transfer(16 * size));
    this.#hashes = new Uint32Array(this.#hashes.buffer.transfer(16 * size));
    this.#marks = new Uint16Array(this.#marks.buffer.transfer(2 * size));
  }

  /** Puts all people into a new table. Their ids differ, so each takes the first free slot. */
  #rehash(): void {
    const slots = new Int32Array(this.#slots.buffer.transfer(8 * this.#slots.length)).fill(-1);
    const mask = slots.length - 1;
    for (let at = 0; at < this.#count; at++) {
      let slot = mixed(this.#ids, 4 * at) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = at;
    }
    this.#slots = slots;
  }
}

/** Whether a person was there after the last read, in scope or left out, and needs no further check. */
function wasThere(marks: number): boolean {
  return (marks & (LINKED | GONE | AGAIN)) === LINKED || ((marks >> beforeShift) & largestNote) !== 0;
}

/** Whether a person was there after the last read, in scope or left out. */
function wasRead(marks: number): boolean {
  return (marks & (LINKED | GONE)) === LINKED || ((marks >> beforeShift) & largestNote) !== 0;
}

/**
 * Whether a linked person is gone. In a feed of everybody: the person was not present in scope. In a feed of changes:
 * the feed has mentioned the person as gone or as left out by the scope, or the person was gone before.
 */
function isGone(marks: number, extent: Extent): boolean {
  return (marks & (LINKED | PRESENT)) === LINKED && (extent === 'everybody' || (marks & (MENTIONED | GONE)) !== 0);
}
