/** The text of an address is hashed to two numbers of 32 bits. */
const numbers = 2;
const firstRoom = 1024;
/** These take 8 MB. With more addresses it is unknown whether they differ. */
const mostAddresses = 512 * 1024;
/** Steps to find the place of an address. Only addresses that were made up to collide need more. */
const mostSteps = 1000;

/**
 * Says whether all addresses that people of a read claim are different. It keeps only hashes. So it may take different
 * addresses for equal ones, but never equal ones for different ones.
 */
export class ClaimedAddresses {
  #slots = new Uint32Array(numbers * firstRoom);
  readonly #most: number;
  #count = 0;
  #allDiffer = true;

  constructor(most = mostAddresses) {
    this.#most = most;
  }

  /** False: some may be equal. */
  get allDiffer(): boolean {
    return this.#allDiffer;
  }

  /** Adds an address in the form in which addresses are compared. */
  add(address: string): void {
    if (!this.#allDiffer) return;
    let one = 0x811c9dc5;
    let other = 0x9e3779b9;
    for (let i = 0; i < address.length; i++) {
      const code = address.charCodeAt(i);
      one = Math.imul(one ^ code, 0x01000193);
      other = Math.imul(other ^ code, 0x85ebca6b) ^ (other >>> 15);
    }
    // A zero marks an empty slot.
    const isNew = this.#put(one >>> 0 || 1, other >>> 0);
    if (isNew && ++this.#count <= this.#most) this.#makeRoom();
    else this.#end();
  }

  /** False: it is there already, or its place was not found. */
  #put(one: number, other: number): boolean {
    const slots = this.#slots;
    const mask = slots.length / numbers - 1;
    const first = one ^ (other >>> 7);
    for (let step = 0; step < mostSteps; step++) {
      const at = numbers * ((first + step) & mask);
      if (slots[at] === 0) {
        slots[at] = one;
        slots[at + 1] = other;
        return true;
      }
      if (slots[at] === one && slots[at + 1] === other) return false;
    }
    return false;
  }

  #makeRoom(): void {
    const before = this.#slots;
    if (this.#count * numbers * 2 <= before.length) return;
    this.#slots = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length && this.#allDiffer; at += numbers)
      if (before[at] !== 0 && !this.#put(before[at] ?? 0, before[at + 1] ?? 0)) this.#end();
  }

  #end(): void {
    this.#allDiffer = false;
    this.#slots = new Uint32Array(0);
  }
}
