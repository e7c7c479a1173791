/** Characters; longer texts are rare and would fill the memory. */
const LONGEST_REMEMBERED = 200;

/**
 * Remembers what a pure function made of a text, for up to `limit` texts; then it starts afresh, so that memory stays
 * bounded however many people a directory has.
 */
export function memoize(compute: (text: string) => string, limit: number): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const hit = known.get(text);
    if (hit !== undefined) return hit;
    const result = compute(text);
    if (text.length > LONGEST_REMEMBERED) return result;
    if (known.size >= limit) known.clear();
    known.set(text, result);
    return result;
  };
}
