/** The longest text, in characters, that is remembered. Longer texts are rare and would fill the memory. */
const longestText = 200;

/**
 * Makes a pure function remember its results for up to `most` texts. Then it forgets all of them and begins again. It
 * is for texts that repeat. It is called for each person, and most names are new; with new texts an LRU cache takes two
 * and a half times as long.
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
