import type { DocumentNode } from 'graphql';

/** Bytes that remembered documents may take together. */
const MOST_BYTES = 16 * 1024 * 1024;
/** What a token takes, parsed: 250 to 510 were measured. */
const BYTES_PER_TOKEN = 600;
const BYTES_PER_CHARACTER = 2;

/** Valid documents, by a key of their text; those not used for longest are forgotten first. */
export type DocumentCache = {
  get(key: string): DocumentNode | undefined;
  /** `size`: the text's characters and the document's tokens. */
  put(key: string, document: DocumentNode, size: { characters: number; tokens: number }): void;
};

export function createDocumentCache(mostBytes = MOST_BYTES): DocumentCache {
  const known = new Map<string, { document: DocumentNode; bytes: number }>();
  let total = 0;
  return {
    get(key) {
      const found = known.get(key);
      if (found === undefined) return undefined;
      known.delete(key);
      known.set(key, found);
      return found.document;
    },
    put(key, document, { characters, tokens }) {
      total -= known.get(key)?.bytes ?? 0;
      known.delete(key);
      const bytes = characters * BYTES_PER_CHARACTER + tokens * BYTES_PER_TOKEN;
      known.set(key, { document, bytes });
      total += bytes;
      for (const [oldest, { bytes: freed }] of known) {
        if (total <= mostBytes) break;
        known.delete(oldest);
        total -= freed;
      }
    },
  };
}
