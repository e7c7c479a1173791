import { isAscii, isUtf8 } from 'node:buffer';
import { AppError } from '../../../core/app-error.ts';

/** Bytes that are used to tell UTF-8 from Windows-1252, from the first non-ASCII piece on. */
const sampleBytes = 64 * 1024;
/** How many bytes are yielded at a time, so that the reader never holds many. */
const pieceBytes = 64 * 1024;

const LF = 0x0a;
const CR = 0x0d;

const marks: readonly { encoding: string; bytes: Buffer }[] = [
  { encoding: 'utf-8', bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { encoding: 'utf-16le', bytes: Buffer.from([0xff, 0xfe]) },
  { encoding: 'utf-16be', bytes: Buffer.from([0xfe, 0xff]) },
];

/** The first bytes of files that are not text, whatever their names say. */
const otherFiles: readonly { what: string; bytes: Buffer }[] = [
  { what: 'an Excel workbook or another ZIP file', bytes: Buffer.from('PK\x03\x04') },
  { what: 'an Excel workbook of the old kind', bytes: Buffer.from([0xd0, 0xcf, 0x11, 0xe0]) },
  { what: 'packed with gzip', bytes: Buffer.from([0x1f, 0x8b]) },
  { what: 'a PDF', bytes: Buffer.from('%PDF-') },
];

/** The name of an encoding in the WHATWG list. Null: the list has no such encoding. */
export function encodingOf(label: string): string | null {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return null;
  }
}

/** The text of a file while it is read: UTF-8 bytes, each line ending in a line feed. */
export type Text = {
  /** The encoding as far as it is known now. Before the first non-ASCII byte it is called utf-8. */
  readonly encoding: string;
  pieces(): AsyncGenerator<Buffer>;
};

/**
 * Reads a file's bytes as text. A byte order mark decides the encoding, then `given`. Without both, the bytes are UTF-8 if most of
 * the first non-ASCII ones are valid UTF-8, and Windows-1252 otherwise. Invalid bytes become U+FFFD. Throws AppError
 * ENCODING_UNKNOWN, or INVALID_FILE for a file that is no text.
 */
export function readText(bytes: AsyncIterable<Uint8Array>, given: string | null): Text {
  const found = { encoding: given === null ? 'ascii' : (encodingOf(given) ?? given) };
  return {
    get encoding() {
      return found.encoding === 'ascii' ? 'utf-8' : found.encoding;
    },
    pieces: () => inPieces(withLineFeeds(decoded(bytes, found))),
  };
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, found: { encoding: string }): AsyncGenerator<Buffer> {
  const chunks = bytes[Symbol.asyncIterator]();
  let started = await gather(chunks, Buffer.alloc(0), 5);
  const other = otherFiles.find((one) => started.subarray(0, one.bytes.length).equals(one.bytes));
  if (other !== undefined) throw noText(other.what);
  const mark = marks.find((one) => started.subarray(0, one.bytes.length).equals(one.bytes));
  if (mark !== undefined) {
    found.encoding = mark.encoding;
    started = started.subarray(mark.bytes.length);
  } else if (found.encoding === 'ascii') {
    for (; started.length > 0 && isAscii(started); started = await nextOf(chunks)) {
      if (isWide(started)) throw looksWide();
      yield started;
    }
    started = await gather(chunks, started, sampleBytes);
    if (isWide(started)) throw looksWide();
    if (started.length > 0) found.encoding = looksLikeUtf8(withoutCutEnd(started)) ? 'utf-8' : 'windows-1252';
  }
  const decode = found.encoding === 'utf-8' ? asIs : decoderOf(found.encoding);
  for (; started.length > 0; started = await nextOf(chunks)) yield decode(started);
  const rest = decode(null);
  if (rest.length > 0) yield rest;
}

function asIs(bytes: Buffer | null): Buffer {
  return bytes ?? Buffer.alloc(0);
}

function decoderOf(encoding: string): (bytes: Buffer | null) => Buffer {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (bytes) => Buffer.from(bytes === null ? decoder.decode() : decoder.decode(bytes, { stream: true }), 'utf8');
}

/** The next bytes. Empty at the end. */
async function nextOf(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) return Buffer.alloc(0);
    if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.length);
  }
}

async function gather(chunks: AsyncIterator<Uint8Array>, first: Buffer, least: number): Promise<Buffer> {
  const parts = [first];
  let length = first.length;
  for (let next = first; length < least; length += next.length) {
    next = await nextOf(chunks);
    if (next.length === 0) break;
    parts.push(next);
  }
  return parts.length === 1 ? first : Buffer.concat(parts, length);
}

/**
 * Whether the bytes are mostly valid UTF-8. A few damaged values must not make everybody else's umlauts unreadable.
 * Text in Windows-1252 has hardly any valid UTF-8.
 */
function looksLikeUtf8(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  let valid = 0;
  let invalid = 0;
  for (const [letter] of bytes.toString('utf8').matchAll(/[^\0-\x7f]/gu)) letter === '\ufffd' ? invalid++ : valid++;
  return valid > invalid;
}

/** The bytes without an incomplete character at the end. */
function withoutCutEnd(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back);
    if (byte < 0x80) return bytes;
  }
  return bytes;
}

/** Whether about every second byte is zero, as in Latin text with two bytes a character. */
function isWide(bytes: Buffer): boolean {
  const looked = bytes.subarray(0, 1024);
  let zeros = 0;
  for (const byte of looked) if (byte === 0) zeros++;
  return looked.length >= 4 && zeros * 3 > looked.length;
}

function noText(what: string): AppError {
  return new AppError('INVALID_FILE', `The file is ${what}, not a CSV file.`, {
    hint: 'Save it as CSV (in Excel: "CSV UTF-8"), and give that file.',
  });
}

function looksWide(): AppError {
  return new AppError('ENCODING_UNKNOWN', 'The file looks like UTF-16, but does not say so by a byte order mark.', {
    hint: 'Set encoding to utf-16le (as Windows writes) or utf-16be, or save the file as UTF-8.',
  });
}

/** Replaces each CR LF and each CR by a line feed, so that lines are counted as editors count them. */
async function* withLineFeeds(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let afterReturn = false;
  for await (const piece of pieces) {
    if (piece.length === 0) continue;
    let bytes = piece;
    if (afterReturn && bytes[0] === LF) bytes = bytes.subarray(1);
    afterReturn = piece[piece.length - 1] === CR;
    yield bytes.includes(CR) ? lineFeeds(bytes) : bytes;
  }
}

function lineFeeds(bytes: Buffer): Buffer {
  const made = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === LF && at > 0 && bytes[at - 1] === CR) continue;
    made[length++] = byte === CR ? LF : byte;
  }
  return made.subarray(0, length);
}

async function* inPieces(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; at += pieceBytes) yield piece.subarray(at, at + pieceBytes);
}
