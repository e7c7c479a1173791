/** Counts how much memory things take, up to a limit. A thing that is kept several times counts once. */
export class Held {
  readonly #most: number;
  readonly #kept = new Map<object, { size: number; keepers: number }>();
  #total = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get total(): number {
    return this.#total;
  }

  keep(thing: object, size: number): void {
    const kept = this.#kept.get(thing);
    if (kept !== undefined) {
      kept.keepers++;
      return;
    }
    this.#kept.set(thing, { size, keepers: 1 });
    this.#total += size;
  }

  /** Call it once for each `keep`. */
  drop(thing: object): void {
    const kept = this.#kept.get(thing);
    if (kept === undefined || --kept.keepers > 0) return;
    this.#kept.delete(thing);
    this.#total -= kept.size;
  }

  /**
   * The size that one more thing may have: the `nth` part of the free space, but at least `least` and at most `most`.
   */
  share(nth: number, { least, most }: { least: number; most: number }): number {
    return Math.max(least, Math.min(most, Math.floor((this.#most - this.#total) / nth)));
  }
}
