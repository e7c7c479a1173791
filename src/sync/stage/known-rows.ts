import type { Extent } from '../../core/arrivals.ts';
import { type Digest, digestId, readUuid } from './digest.ts';
import type { KnownPeople } from './known-people.ts';

/** Bytes before the first row, if the header has no extension, which ours never has. */
const HEADER_BYTES = 19;
/** Bytes of the number of a row's values, and of each value's length. */
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const UUID_LENGTH = 36;

/** Gets one row of a chunk: the id stands from `start` to `end`, and `hash` is where its 16 bytes begin; -1: there is no hash. */
type OnRow = (bytes: Buffer, start: number, end: number, hash: number, gone: boolean) => void;

/**
 * Splits chunks into rows in the binary format of Postgres' COPY, each with three values: id, hash and gone. A chunk may end
 * anywhere. The part of a row at its end waits for the next chunk.
 */
function rowsOf(onRow: OnRow) {
  let rest: Buffer = Buffer.alloc(0);
  let begun = false;
  return (chunk: Uint8Array): void => {
    const came = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = rest.length === 0 ? came : Buffer.concat([rest, came]);
    let at = 0;
    if (!begun && bytes.length >= HEADER_BYTES) {
      at = HEADER_BYTES;
      begun = true;
    }
    while (begun) {
      const start = at + COUNT_BYTES + LENGTH_BYTES;
      if (start > bytes.length) break;
      const end = start + lengthAt(bytes, start - LENGTH_BYTES);
      const hash = end + LENGTH_BYTES;
      if (hash > bytes.length) break;
      const hashBytes = lengthAt(bytes, end);
      const gone = hash + Math.max(0, hashBytes) + LENGTH_BYTES;
      if (gone >= bytes.length) break;
      onRow(bytes, start, end, hashBytes === -1 ? -1 : hash, bytes[gone] === 1);
      at = gone + 1;
    }
    rest = bytes.subarray(at);
  };
}

function lengthAt(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/**
 * Reads rows of (external id, hash or null, gone) into the table of known people. `onUnsettled` gets the ids of those who must be
 * looked at again.
 */
export function loadKnown(known: KnownPeople, onUnsettled: (id: string) => void = () => {}) {
  const id: Digest = new Uint32Array(4);
  const hash: Digest = new Uint32Array(4);
  return rowsOf((bytes, start, end, hashAt, gone) => {
    digestOf(bytes, start, end, id);
    if (hashAt !== -1) for (let i = 0; i < 4; i++) hash[i] = lengthAt(bytes, hashAt + 4 * i);
    known.addLinked(id, hashAt === -1 ? null : hash, gone);
    if (hashAt === -1 && !gone) onUnsettled(bytes.toString('utf8', start, end));
  });
}

/** Reads the same rows again, and calls `onGone` with the ids of people who are gone. */
export function sweepKnown(known: KnownPeople, extent: () => Extent, onGone: (id: string) => void) {
  const id: Digest = new Uint32Array(4);
  return rowsOf((bytes, start, end) => {
    digestOf(bytes, start, end, id);
    if (known.isGone(id, extent())) onGone(bytes.toString('utf8', start, end));
  });
}

/** A UUID is read from the bytes, without making a text of it. */
function digestOf(bytes: Buffer, start: number, end: number, into: Digest): void {
  if (end - start === UUID_LENGTH && readUuid(bytes, start, into)) return;
  digestId(bytes.toString('utf8', start, end), into);
}
