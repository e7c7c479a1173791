import { Buffer } from 'node:buffer';
import type { Digest } from './digest.ts';
import { writeUuidV7 } from './write-uuid.ts';

/** Bytes of one buffer: large enough that a transfer costs little, small enough that a few need little memory. */
const targetBytes = 256 * 1024;

/** Most bytes that one UTF-16 unit needs in UTF-8. */
const bytesPerUnit = 3;

/** Up to this length, text is written faster unit by unit than by one call. */
const shortText = 64;

/**
 * Writes rows in the binary format of Postgres' COPY, without header and trailer: the number of values, then each value behind
 * its length. It fills buffers of about 256 KiB, each with its own memory, and hands them over.
 */
export class RowWriter {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #spare: ArrayBuffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Where the current row begins. */
  #row = 0;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  beginRow(values: number): void {
    this.#row = this.#at;
    this.#room(2);
    this.#int16(values);
  }

  /** Hands over the rows written so far. */
  flush(): void {
    if (this.#at > 0) this.#send(this.#bytes.subarray(0, this.#at));
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
    this.#row = 0;
  }

  /** Takes back the memory of a buffer, to use it again. */
  takeBack(memory: ArrayBuffer): void {
    if (memory.byteLength === targetBytes) this.#spare.push(memory);
  }

  null(): void {
    this.#room(4);
    this.#int32(-1);
  }

  /** The text must not contain NUL, which Postgres can't store. */
  text(text: string | null): void {
    if (text === null) this.null();
    else {
      const start = this.#beginValue();
      this.#utf8(text);
      this.end(start);
    }
  }

  bytes(value: Uint8Array): void {
    this.#room(4 + value.length);
    this.#int32(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  digest(digest: Digest): void {
    this.#room(20);
    this.#int32(16);
    for (let i = 0; i < 4; i++) this.#int32(digest[i] ?? 0);
  }

  newUuid(): void {
    this.#room(20);
    this.#int32(16);
    writeUuidV7(this.#bytes, this.#at);
    this.#at += 16;
  }

  /** A whole number that a double can hold exactly. */
  bigint(value: number): void {
    this.#room(12);
    this.#int32(8);
    this.#int32(Math.floor(value / 0x1_0000_0000));
    this.#int32(value);
  }

  boolean(value: boolean): void {
    this.#room(5);
    this.#int32(1);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  /** Begins a text; write it in pieces with `raw`, then pass the returned number to `end`. */
  beginText(): number {
    return this.#beginValue();
  }

  raw(text: string): void {
    this.#utf8(text);
  }

  /** A tsvector of distinct keys without positions, in any order. */
  keys(keys: readonly string[]): void {
    const start = this.#beginValue();
    this.#room(4);
    this.#int32(keys.length);
    for (const key of keys) {
      this.#utf8(key);
      this.#room(3);
      this.#bytes[this.#at++] = 0;
      this.#int16(0);
    }
    this.end(start);
  }

  /** Ends the value that began at `start`: writes its length before it. */
  end(start: number): void {
    const end = this.#at;
    this.#at = this.#row + start - 4;
    this.#int32(end - this.#at - 4);
    this.#at = end;
  }

  /** Leaves room for a value's length. Returns where the value begins, counted from the beginning of the row. */
  #beginValue(): number {
    this.#room(4);
    this.#at += 4;
    return this.#at - this.#row;
  }

  #utf8(text: string): void {
    const { length } = text;
    this.#room(bytesPerUnit * length);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const code = length > shortText ? 0x80 : text.charCodeAt(i);
      if (code >= 0x80) {
        this.#at += bytes.write(text, this.#at);
        return;
      }
      bytes[at++] = code;
    }
    this.#at = at;
  }

  #int16(value: number): void {
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #int32(value: number): void {
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.#at = at + 4;
  }

  /**
   * Makes room for this many bytes. If they don't fit, the finished rows are handed over and this row moves to a new
   * buffer.
   */
  #room(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) this.#move(bytes);
  }

  #move(bytes: number): void {
    const begun = this.#bytes.subarray(this.#row, this.#at);
    const filled = this.#bytes.subarray(0, this.#row);
    // A very long row gets twice the room it needs so far, so that it does not move at each value.
    const needed = begun.length + bytes;
    const next =
      needed <= targetBytes ? (this.#spare.pop() ?? new ArrayBuffer(targetBytes)) : new ArrayBuffer(2 * needed);
    this.#bytes = Buffer.from(next);
    this.#bytes.set(begun);
    this.#at = begun.length;
    this.#row = 0;
    if (filled.length > 0) this.#send(filled);
  }
}
