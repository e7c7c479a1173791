/**
 * Remembers what a pure function made of a text, for up to `limit` texts; then it starts afresh, so that memory stays
 * bounded however many people a directory has.
 */
export function memoize<Result>(compute: (text: string) => Result, limit: number): (text: string) => Result {
  const known = new Map<string, { result: Result }>();
  return (text) => {
    const hit = known.get(text);
    if (hit !== undefined) return hit.result;
    const result = compute(text);
    if (known.size >= limit) known.clear();
    known.set(text, { result });
    return result;
  };
}
