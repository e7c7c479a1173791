import { type Digest, readHex } from './digest.ts';
import type { KnownPeople } from './known-people.ts';

const TAB = 9;
const LINE_FEED = 10;

/**
 * Reads rows of (external id, hash as hexadecimal digits or \N, gone as t or f) in COPY's text format, from chunks cut
 * anywhere.
 */
export const knownRows = (onRow: (id: string, hash: Digest | null, gone: boolean) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  const hash: Digest = new Uint32Array(4);
  const row = (bytes: Buffer, start: number, end: number): void => {
    const tab = bytes.indexOf(TAB, start);
    const id = unescapeId(bytes.toString('utf8', start, tab));
    const gone = bytes[end - 1] === 0x74;
    const hex = bytes.toString('latin1', tab + 1, end - 2);
    if (hex === '\\N') {
      onRow(id, null, gone);
      return;
    }
    readHex(hex, 0, hash);
    onRow(id, hash, gone);
  };
  return (chunk: Uint8Array): void => {
    const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = rest.length === 0 ? view : Buffer.concat([rest, view]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      row(bytes, start, end);
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
  };
};

const escapes: Record<string, string> = { t: '\t', n: '\n', r: '\r', v: '\v', f: '\f', b: '\b' };
const unescapeId = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter) : text;

/** Fills the table of known people from such rows. */
export const loadKnown = (known: KnownPeople) => knownRows((id, hash, gone) => known.addLinked(id, hash, gone));
