import type { Fills } from '../../core/contact.ts';

type Node = { readonly next: Node[]; fills: Fills | undefined };

/**
 * Finds for a pattern of winners the one frozen `Fills` that belongs to it, so that the same pattern gives the same
 * object and costs nothing but the walk down a tree: one branch per mapping, numbered by who won.
 */
export class FillPatterns {
  readonly #root: Node = { next: [], fills: undefined };
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
    node.fills ??= Object.freeze(this.#make(winners));
    return node.fills;
  }
}

function grow(node: Node, winner: number): Node {
  const grown: Node = { next: [], fills: undefined };
  while (node.next.length < winner) node.next.push({ next: [], fills: undefined });
  node.next[winner] = grown;
  return grown;
}
