import type { Extent } from '../../core/arrivals.ts';
import { type Digest, digestId, hexAt, readUuid } from './digest.ts';
import type { KnownPeople } from './known-people.ts';

const TAB = 9;
const LINE_FEED = 10;
const LETTER_T = 0x74;
const UUID_LENGTH = 36;
const HASH_DIGITS = 32;

/** Gets one row of a chunk: the id from `start` to `tab`, then hash and mark up to `end`. */
type OnRow = (bytes: Buffer, start: number, tab: number, end: number) => void;

/** Splits chunks into rows in the text format of COPY. A chunk may end anywhere; only a row that is cut is copied. */
function rowsOf(onRow: OnRow) {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk: Uint8Array): void => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    let end = bytes.indexOf(LINE_FEED);
    if (rest.length > 0 && end !== -1) {
      const row = Buffer.concat([rest, bytes.subarray(0, end + 1)]);
      onRow(row, 0, row.indexOf(TAB), row.length - 1);
      rest = Buffer.alloc(0);
      start = end + 1;
      end = bytes.indexOf(LINE_FEED, start);
    }
    for (; end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      onRow(bytes, start, bytes.indexOf(TAB, start), end);
      start = end + 1;
    }
    if (start < bytes.length) rest = Buffer.concat([rest, bytes.subarray(start)]);
  };
}

/**
 * Reads rows of (external id, hash as hexadecimal digits or \N, gone as t or f) into the table of known people. `onUnsettled` gets the
 * ids of those who must be looked at again.
 */
export function loadKnown(known: KnownPeople, onUnsettled: (id: string) => void = () => {}) {
  const id: Digest = new Uint32Array(4);
  const hash: Digest = new Uint32Array(4);
  return rowsOf((bytes, start, tab, end) => {
    digestOf(bytes, start, tab, id);
    const hashed = end - 2 - (tab + 1) === HASH_DIGITS;
    if (hashed) for (let i = 0; i < 4; i++) hash[i] = hexAt(bytes, tab + 1 + 8 * i, 8);
    const gone = bytes[end - 1] === LETTER_T;
    known.addLinked(id, hashed ? hash : null, gone);
    if (!hashed && !gone) onUnsettled(textOf(bytes, start, tab));
  });
}

/** Reads the same rows again, and calls `onGone` with the ids of people who are gone. */
export function sweepKnown(known: KnownPeople, extent: () => Extent, onGone: (id: string) => void) {
  const id: Digest = new Uint32Array(4);
  return rowsOf((bytes, start, tab) => {
    digestOf(bytes, start, tab, id);
    if (known.isGone(id, extent())) onGone(textOf(bytes, start, tab));
  });
}

/** A UUID is read from the bytes, without making a text of it. */
function digestOf(bytes: Buffer, start: number, tab: number, into: Digest): void {
  if (tab - start === UUID_LENGTH && readUuid(bytes, start, into)) return;
  digestId(textOf(bytes, start, tab), into);
}

const escapes: Record<string, string> = { t: '\t', n: '\n', r: '\r', v: '\v', f: '\f', b: '\b' };

function textOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes('\\') ? text.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter) : text;
}
