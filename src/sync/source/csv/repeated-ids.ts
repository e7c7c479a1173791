/** The most ids that are remembered, in about 16 MB. Repetitions of later ids are not found. */
const mostIds = 1_000_000;

/** Finds repeated ids and the line where each came first. Two ids are the same when 53 bits of their hashes are. */
export class RepeatedIds {
  #hashes = new Float64Array(1024);
  #lines = new Uint32Array(1024);
  #count = 0;

  /** The line where this id came first. Null: the id is new, and is remembered. */
  seen(id: string, line: number): number | null {
    const hash = hashOf(id);
    const slot = this.#slotOf(hash);
    if (this.#hashes[slot] === hash) return this.#lines[slot] ?? null;
    if (this.#count < mostIds) this.#add(slot, hash, line);
    return null;
  }

  #add(slot: number, hash: number, line: number): void {
    this.#hashes[slot] = hash;
    this.#lines[slot] = line;
    this.#count++;
    if (2 * this.#count > this.#hashes.length) this.#grow();
  }

  /** The slot of the hash, or the free one for it. 0 marks a free slot. */
  #slotOf(hash: number): number {
    const last = this.#hashes.length - 1;
    let slot = hash & last;
    while (this.#hashes[slot] !== 0 && this.#hashes[slot] !== hash) slot = (slot + 1) & last;
    return slot;
  }

  #grow(): void {
    const [hashes, lines] = [this.#hashes, this.#lines];
    this.#hashes = new Float64Array(2 * hashes.length);
    this.#lines = new Uint32Array(2 * hashes.length);
    for (const [old, hash] of hashes.entries()) {
      if (hash === 0) continue;
      const slot = this.#slotOf(hash);
      this.#hashes[slot] = hash;
      this.#lines[slot] = lines[old] ?? 0;
    }
  }
}

/** A hash of 53 bits, never 0: cyrb53, which mixes two 32-bit numbers. */
function hashOf(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0) + 1;
}
