import type { Fills } from '../../core/contact.ts';

/** A source with many empty fields can have a pattern for each person. This limit bounds the memory. */
const MOST_PATTERNS = 10_000;

type Node = { readonly next: Node[]; fills: Fills | undefined };

/**
 * Finds the frozen `Fills` for a pattern of winners. The same pattern gives the same object, found by a walk down a
 * tree with one level for each mapping. After 10,000 patterns the tree starts again, and a pattern can get a second,
 * equal object.
 */
export class FillPatterns {
  #root: Node = { next: [], fills: undefined };
  #count = 0;
  readonly #make: (winners: readonly number[]) => Fills;

  /** `make` is called once per pattern. */
  constructor(make: (winners: readonly number[]) => Fills) {
    this.#make = make;
  }

  find(winners: readonly number[]): Fills {
    let node = this.#root;
    for (let i = 0; i < winners.length; i++) {
      const winner = winners[i] ?? 0;
      node = node.next[winner] ?? grow(node, winner);
    }
    node.fills ??= this.#remember(winners);
    return node.fills;
  }

  #remember(winners: readonly number[]): Fills {
    if (++this.#count > MOST_PATTERNS) {
      this.#root = { next: [], fills: undefined };
      this.#count = 0;
    }
    return Object.freeze(this.#make(winners));
  }
}

function grow(node: Node, winner: number): Node {
  const grown: Node = { next: [], fills: undefined };
  while (node.next.length < winner) node.next.push({ next: [], fills: undefined });
  node.next[winner] = grown;
  return grown;
}
