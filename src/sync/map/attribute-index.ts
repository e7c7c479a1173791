import type { AttributeNames } from '../../core/entry.ts';

/** Collects the attributes that a mapping needs: each once, whatever its spelling, in the order of first use. */
export class AttributeIndex {
  readonly names: string[] = [];
  readonly #places = new Map<string, number>();
  readonly #keyOf: AttributeNames['keyOf'];

  constructor(keyOf: AttributeNames['keyOf']) {
    this.#keyOf = keyOf;
  }

  /** The attribute's place in `names` and in an entry's `attributes`. Adds it when it is new. */
  placeOf(name: string): number {
    const key = this.#keyOf(name);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.names.push(name) - 1;
    this.#places.set(key, place);
    return place;
  }
}
