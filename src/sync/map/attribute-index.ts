/** The attributes a mapping needs, each once whatever its case, in the order in which they were first asked for. */
export class AttributeIndex {
  readonly names: string[] = [];
  readonly #places = new Map<string, number>();

  /** Where the attribute stands in `names`, and in an entry's `attributes`. */
  placeOf(name: string): number {
    const key = name.toLowerCase();
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.names.push(name) - 1;
    this.#places.set(key, place);
    return place;
  }
}
