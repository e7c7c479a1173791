import { hash } from 'node:crypto';

/**
 * A set of texts that keeps only the first 16 bytes of their SHA-256, in flat arrays: about 30 bytes a text, however long it is.
 * It can hold the members of groups with hundreds of thousands of people. Two different texts never have the same 16 bytes, even
 * if somebody tries to make some.
 */
export class TextSet {
  #count = 0;
  #hashes = new Uint32Array(4 * 64);
  /**
   * Open addressing: the slot to which a hash points, or one after it, holds the number of the text; -1: the slot is
   * empty.
   */
  #slots = new Int32Array(128).fill(-1);
  readonly #key = new Uint32Array(4);

  get size(): number {
    return this.#count;
  }

  has(text: string): boolean {
    this.#digest(text);
    return (this.#slots[this.#slotOf()] ?? -1) !== -1;
  }

  /** Returns whether the text is new. */
  add(text: string): boolean {
    this.#digest(text);
    let slot = this.#slotOf();
    if ((this.#slots[slot] ?? -1) !== -1) return false;
    if (2 * (this.#count + 1) > this.#slots.length) {
      this.#grow();
      this.#digest(text);
      slot = this.#slotOf();
    }
    this.#hashes.set(this.#key, 4 * this.#count);
    this.#slots[slot] = this.#count++;
    return true;
  }

  /** The same for sets with the same texts, in any order. It goes by the first half of each hash. */
  fingerprint(): string {
    const halves = new BigUint64Array(this.#count);
    for (let i = 0; i < this.#count; i++)
      halves[i] = (BigInt(this.#hashes[4 * i] ?? 0) << 32n) | BigInt(this.#hashes[4 * i + 1] ?? 0);
    return hash('sha256', Buffer.from(halves.sort().buffer), 'hex');
  }

  #digest(text: string): void {
    const bytes = hash('sha256', text, 'binary');
    for (let i = 0; i < 4; i++) {
      const at = 4 * i;
      this.#key[i] =
        (bytes.charCodeAt(at) << 24) |
        (bytes.charCodeAt(at + 1) << 16) |
        (bytes.charCodeAt(at + 2) << 8) |
        bytes.charCodeAt(at + 3);
    }
  }

  /** The slot of the current key: that of the text that has it, or the empty slot for it. */
  #slotOf(): number {
    const mask = this.#slots.length - 1;
    const [a, b, c, d] = this.#key;
    for (let slot = (a ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const at = this.#slots[slot] ?? -1;
      if (at === -1) return slot;
      const base = 4 * at;
      const hashes = this.#hashes;
      if (hashes[base] === a && hashes[base + 1] === b && hashes[base + 2] === c && hashes[base + 3] === d) return slot;
    }
  }

  #grow(): void {
    this.#hashes = new Uint32Array(this.#hashes.buffer.transfer(2 * this.#hashes.byteLength));
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1);
    for (let at = 0; at < this.#count; at++) {
      this.#key.set(this.#hashes.subarray(4 * at, 4 * at + 4));
      this.#slots[this.#slotOf()] = at;
    }
  }
}
