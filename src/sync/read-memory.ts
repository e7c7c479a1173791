import { AppError } from '../core/app-error.ts';
import { type FeedEnd, longestMemory } from '../core/arrivals.ts';

/**
 * How many people a read brought, and the ids of those whom it staged. The next run checks the staged people again if
 * this run has no result for them.
 */
export type PeopleRead = { read: number; staged: readonly string[] };

/**
 * What a read remembers for the next one: the source's own memory, the people whom the scope left out, and the people
 * whom it brought. The last is null or left out if there were too many.
 */
export type ReadMemory = { source: Uint8Array; leftOut: Uint8Array; people?: PeopleRead | null };

const lengthBytes = 4;

/** Writes all parts into one piece of bytes, which is stored with the cursor. Empty when there is nothing. */
export function writeMemory({ source, leftOut, people = null }: ReadMemory): Uint8Array {
  if (source.length === 0 && leftOut.length === 0 && people === null) return new Uint8Array(0);
  const text = Buffer.from(people === null ? '' : JSON.stringify(people));
  return Buffer.concat([lengthOf(source), source, lengthOf(text), text, leftOut]);
}

function lengthOf({ length }: Uint8Array): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUInt32BE(length);
  return bytes;
}

/** Reads the parts from these bytes. */
export function readMemory(written: Uint8Array): Required<ReadMemory> {
  const none = new Uint8Array(0);
  if (written.length < 2 * lengthBytes) return { source: none, leftOut: none, people: null };
  const bytes = Buffer.from(written.buffer, written.byteOffset, written.byteLength);
  const end = lengthBytes + bytes.readUInt32BE();
  const textEnd = end + lengthBytes + bytes.readUInt32BE(end);
  const text = bytes.toString('utf8', end + lengthBytes, textEnd);
  return {
    source: bytes.subarray(lengthBytes, end),
    leftOut: bytes.subarray(textEnd),
    people: text === '' ? null : JSON.parse(text),
  };
}

/** The most characters of a cursor as JSON. It is stored with the run and the connection. */
const longestCursor = 65_536;

/** Throws an AppError if a source wants more to be remembered than is stored for it. */
export function checkLength({ cursor, memory }: FeedEnd): void {
  if (JSON.stringify(cursor).length <= longestCursor && (memory?.length ?? 0) <= longestMemory) return;
  throw new AppError('INVALID_RESPONSE', `The source sent a cursor of more than ${longestCursor} characters.`, {
    hint: 'This is a fault of the source, or of a proxy in front of it.',
  });
}
