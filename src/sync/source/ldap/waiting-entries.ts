/** The room at first, in bytes: a usual page fits in. */
const firstRoom = 1024 * 1024;

/** Entries that have arrived and wait to be decoded, as bytes, in the order of their arrival. */
export class WaitingEntries {
  #bytes: Buffer = Buffer.allocUnsafe(firstRoom);
  /** The first waiting entry begins at `#from`, the last one ends at `#to`. */
  #from = 0;
  #to = 0;
  #lengths: number[] = [];
  /** How many of `#lengths` are those of entries that were taken. */
  #taken = 0;

  /** How many entries wait. */
  get count(): number {
    return this.#lengths.length - this.#taken;
  }

  /** How many bytes they have. */
  get size(): number {
    return this.#to - this.#from;
  }

  /** Copies an entry's bytes. */
  add(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#to + length > this.#bytes.length) this.#makeRoom(length);
    bytes.copy(this.#bytes, this.#to, start, end);
    this.#to += length;
    this.#lengths.push(length);
  }

  /** Takes out the first entry. `read` gets its bytes, which are valid only during the call. */
  take<T>(read: (bytes: Buffer, start: number, end: number) => T): T {
    const start = this.#from;
    this.#from += this.#lengths[this.#taken++] ?? 0;
    return read(this.#bytes, start, this.#from);
  }

  /** Moves the waiting entries to the beginning, or to a larger buffer if they fill more than half of this one. */
  #makeRoom(length: number): void {
    const { size } = this;
    const needed = 2 * (size + length);
    const room = needed > this.#bytes.length ? Buffer.allocUnsafe(needed) : this.#bytes;
    this.#bytes.copy(room, 0, this.#from, this.#to);
    this.#bytes = room;
    this.#lengths = this.#lengths.slice(this.#taken);
    [this.#from, this.#to, this.#taken] = [0, size, 0];
  }
}
