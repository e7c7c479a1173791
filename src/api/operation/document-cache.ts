import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Bytes that remembered documents may take together. */
const MOST_BYTES = 16 * 1024 * 1024;
/** What a token takes, parsed: 250 to 510 were measured. */
const BYTES_PER_TOKEN = 600;
const BYTES_PER_CHARACTER = 2;

/** A valid document; its text's characters and its tokens. */
type Known = { document: DocumentNode; characters: number; tokens: number };

/** Valid documents, by a key of their text; those not used for longest are forgotten first. */
export function createDocumentCache(mostBytes = MOST_BYTES): LRUCache<string, Known> {
  return new LRUCache({
    maxSize: mostBytes,
    sizeCalculation: ({ characters, tokens }) => characters * BYTES_PER_CHARACTER + tokens * BYTES_PER_TOKEN,
  });
}
