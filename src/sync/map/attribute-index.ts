import type { AttributeNames } from '../../core/directory.ts';

/** The attributes a mapping needs, each once however it is written, in the order in which they were first asked for. */
export class AttributeIndex {
  readonly names: string[] = [];
  readonly #places = new Map<string, number>();
  readonly #keyOf: AttributeNames['keyOf'];

  constructor(keyOf: AttributeNames['keyOf']) {
    this.#keyOf = keyOf;
  }

  /** Where the attribute stands in `names`, and in an entry's `attributes`. */
  placeOf(name: string): number {
    const key = this.#keyOf(name);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.names.push(name) - 1;
    this.#places.set(key, place);
    return place;
  }
}
