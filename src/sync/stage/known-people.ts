import type { Extent } from '../../core/arrivals.ts';
import { type Digest, digestId } from './digest.ts';

const LINKED = 1;
const GONE = 2;
/** The feed has said something of the person. */
const MENTIONED = 4;
const PRESENT = 8;
/** The upper half of a mark holds a number of the reader's: 0 for people who were not said to be there. */
const noteShift = 4;
/** The reader has not noted anything yet. */
export const nothingNoted = 1;
/** The largest number that can be noted. */
export const largestNote = 15;

/** What is known of a person when the source tells that they are there. */
export type Arrival = 'again' | 'new' | 'linked';

/**
 * Everybody a connection links and everybody a feed brings, in flat arrays: 32 bytes a person for id and hash, a byte of
 * marks and the slots of an open-addressing table. Ids are told apart by their 16-byte digests.
 */
export class KnownPeople {
  #count = 0;
  #ids = new Uint32Array(4 * 1024);
  #hashes = new Uint32Array(4 * 1024);
  #marks = new Uint8Array(1024);
  #slots = new Int32Array(4096).fill(-1);
  readonly #key: Digest = new Uint32Array(4);

  #unsettled = 0;

  /** Linked people with whom something is to be done though the source says nothing new of them: looked at again, or removed. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Linked people who are gone, as `isGone` tells. */
  countGone(extent: Extent): number {
    let count = 0;
    for (let at = 0; at < this.#count; at++) if (isGone(this.#marks[at] ?? 0, extent)) count++;
    return count;
  }

  /** Adds somebody the connection links, by the digest of their id; `hash` null: to be looked at again. */
  addLinked(id: Digest, hash: Digest | null, gone: boolean): void {
    this.#key.set(id);
    const at = this.#findOrAdd();
    this.#marks[at] = LINKED | (gone || hash === null ? GONE : 0);
    if (gone || hash === null) this.#unsettled++;
    if (hash !== null) this.#hashes.set(hash, 4 * at);
  }

  /** Notes that somebody is there; 'again' when that was said before. The person stays selected for what follows. */
  arrive(id: string): Arrival {
    digestId(id, this.#key);
    const at = this.#findOrAdd();
    this.#selected = at;
    const marks = this.#marks[at] ?? 0;
    if (marks >> noteShift) return 'again';
    this.#marks[at] = marks | MENTIONED | (nothingNoted << noteShift);
    return marks & LINKED ? 'linked' : 'new';
  }

  /** Selects somebody who is said to be gone. False: nobody knows them. */
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

  /** What the reader has noted of the selected person; 0: they were not said to be there. */
  get note(): number {
    return (this.#marks[this.#selected] ?? 0) >> noteShift;
  }

  set note(note: number) {
    this.#marks[this.#selected] = ((this.#marks[this.#selected] ?? 0) & 0xf) | (note << noteShift);
  }

  /** Takes back that the selected person is there. */
  takeBack(): void {
    this.#marks[this.#selected] = (this.#marks[this.#selected] ?? 0) & (LINKED | GONE | MENTIONED);
  }

  /** Whether the selected person is linked, was not gone, and brings what they brought the last time. */
  isUnchanged(hash: Digest): boolean {
    const at = this.#selected;
    const marks = this.#marks[at] ?? 0;
    if (!(marks & LINKED) || marks & GONE) return false;
    const base = 4 * at;
    for (let i = 0; i < 4; i++) if (this.#hashes[base + i] !== hash[i]) return false;
    return true;
  }

  /** Whether the person is linked and gone, as far as the feed tells. */
  isGone(id: Digest, extent: Extent): boolean {
    this.#key.set(id);
    const at = this.#find(this.#slotOf());
    return at !== -1 && isGone(this.#marks[at] ?? 0, extent);
  }

  #slotOf(): number {
    // The four parts of a UUID v7 share their first bits in time order, so all four take part.
    const [a = 0, b = 0, c = 0, d = 0] = this.#key;
    let mixed = a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ Math.imul(d, 0xc2b2ae35);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
    return (mixed ^ (mixed >>> 13)) & (this.#slots.length - 1);
  }

  /** Index of the person with the current key, -1 when there is none; leaves the probe's last slot in #probe. */
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
    this.#ids.set(this.#key, 4 * at);
    return at;
  }

  /** By half. The memory left behind is free at once: nothing else would make the collector look for so much of it. */
  #grow(): void {
    const size = Math.ceil(this.#marks.length * 1.5);
    this.#ids = new Uint32Array(this.#ids.buffer.transfer(16 * size));
    this.#hashes = new Uint32Array(this.#hashes.buffer.transfer(16 * size));
    this.#marks = new Uint8Array(this.#marks.buffer.transfer(size));
  }

  #rehash(): void {
    const wanted = this.#key.slice();
    this.#slots = new Int32Array(this.#slots.buffer.transfer(8 * this.#slots.length)).fill(-1);
    for (let at = 0; at < this.#count; at++) {
      this.#key.set(this.#ids.subarray(4 * at, 4 * at + 4));
      this.#find(this.#slotOf());
      this.#slots[this.#probe] = at;
    }
    this.#key.set(wanted);
  }
}

/**
 * Of everybody, linked people who were not in scope are gone. Of changes, those who were said to be gone, or to be as the scope
 * leaves them out.
 */
function isGone(marks: number, extent: Extent): boolean {
  return (marks & (LINKED | PRESENT)) === LINKED && (extent === 'everybody' || (marks & MENTIONED) !== 0);
}
