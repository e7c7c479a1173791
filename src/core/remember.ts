/** Characters; longer texts are rare and would fill the memory. */
const longestText = 200;

/**
 * A pure function that remembers what it made of up to `most` texts, for texts that come again and again; then it begins anew.
 * It runs for each person who is read: a cache that knows what was used last takes two and a half times as long for a text
 * that is new, as most names are.
 */
export function remember<T>(of: (text: string) => T, most = 4096): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = of(text);
    if (text.length > longestText) return made;
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
}
