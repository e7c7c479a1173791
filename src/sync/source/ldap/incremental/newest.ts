/**
 * The keys of the entries that changed last, in flat arrays. It has all keys that were added from the moment `low` on;
 * when there are too many, `low` rises.
 */
export class Newest {
  readonly #most: number;
  #low: number;
  #count = 0;
  #moments: Float64Array;
  #keys: Float64Array;
  #kept: Uint8Array;

  constructor(most: number, low: number) {
    this.#most = most;
    this.#low = low;
    this.#moments = new Float64Array(2 * most);
    this.#keys = new Float64Array(2 * most);
    this.#kept = new Uint8Array(2 * most);
  }

  /** Earlier moments need not be added. */
  get low(): number {
    return this.#low;
  }

  /** `kept`: an earlier read remembered it too. */
  add(moment: number, key: number, kept: boolean): void {
    if (this.#count === this.#moments.length) this.#dropOldest();
    this.#moments[this.#count] = moment;
    this.#keys[this.#count] = key;
    this.#kept[this.#count++] = kept ? 1 : 0;
  }

  /** The keys in order, without those after the moment `hot` that are new. Every new one after it counts as not older than `low`. */
  end(hot: number): { low: number; keys: Float64Array } {
    if (this.#count > this.#most) this.#dropOldest();
    const kept: number[] = [];
    for (let i = 0; i < this.#count; i++)
      if (this.#kept[i] === 1 || (this.#moments[i] ?? 0) <= hot) kept.push(this.#keys[i] ?? 0);
    return { low: Math.min(this.#low, hot + 1), keys: Float64Array.from(kept).sort() };
  }

  /** Drops the oldest keys until not too many are left. The keys of one moment are either all dropped or all kept. */
  #dropOldest(): void {
    const moments = this.#moments.slice(0, this.#count).sort();
    const edge = moments.length - this.#most;
    const first = moments[edge] ?? 0;
    this.#low = moments[edge - 1] === first ? (moments.find((moment) => moment > first) ?? first + 1) : first;
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      if ((this.#moments[i] ?? 0) < this.#low) continue;
      this.#moments[kept] = this.#moments[i] ?? 0;
      this.#keys[kept] = this.#keys[i] ?? 0;
      this.#kept[kept++] = this.#kept[i] ?? 0;
    }
    this.#count = kept;
  }
}
