/** Results kept at most; when there are more, it begins anew. */
const mostResults = 4096;

/** A pure function that remembers what it made of the latest few thousand texts, for texts that come again and again. */
export const remember = <T>(of: (text: string) => T): ((text: string) => T) => {
  let known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = of(text);
    if (known.size >= mostResults) known = new Map();
    known.set(text, made);
    return made;
  };
};
