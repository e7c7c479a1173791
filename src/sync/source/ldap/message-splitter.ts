import { allowances } from './answer-limits.ts';
import { MalformedBer, Tag } from './ber.ts';

/** A message announces more bytes than are allowed. */
export class TooLarge extends MalformedBer {}

/** Gets each complete message: `bytes[start..end)` is its content, without the outer tag and length. */
export type OnMessage = (bytes: Buffer, start: number, end: number) => void;

/** Messages up to this size get their whole buffer at once. */
const smallRoom = 64 * 1024;

/** The longest header of a message: tag, 0x84, four bytes of length. */
const maxHeader = 6;

/**
 * Splits a stream of bytes into LDAP messages. A message within one chunk is not copied, so `onMessage` must not keep the bytes.
 * Throws MalformedBer when the bytes are no LDAP messages, TooLarge when a message is larger than `largest`.
 */
export class MessageSplitter {
  /** The most bytes of a message's content. */
  largest: number = allowances.page.bytes;
  readonly #onMessage: OnMessage;
  /** The arrived part of a message that began in an earlier chunk. It grows with the arrived bytes, not to the announced length. */
  #partial: Buffer | null = null;
  #have = 0;
  #headerSize = 0;
  #bodySize = 0;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  read(chunk: Buffer): void {
    let at = this.#partial === null ? 0 : this.#complete(chunk, this.#partial);
    const end = chunk.length;
    while (at < end) {
      if (!this.#header(chunk, at, end)) break;
      const start = at + this.#headerSize;
      if (start + this.#bodySize > end) break;
      this.#onMessage(chunk, start, start + this.#bodySize);
      at = start + this.#bodySize;
    }
    if (at < end) this.#keep(chunk, at, end);
  }

  /** Reads the header at `at`. False: the header is not complete yet. */
  #header(bytes: Buffer, at: number, end: number): boolean {
    if (bytes[at] !== Tag.SEQUENCE) throw new MalformedBer('a message does not begin as LDAP messages do');
    if (at + 1 >= end) return false;
    const first = bytes[at + 1] ?? 0;
    if (first < 0x80) {
      this.#headerSize = 2;
      this.#bodySize = first;
      return true;
    }
    const size = first & 0x7f;
    if (size === 0 || size > 4) throw new MalformedBer('a message of indefinite or oversized length');
    if (at + 2 + size > end) return false;
    let length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    if (length > this.largest) throw new TooLarge(`a message of ${length} bytes, more than ${this.largest}`);
    this.#headerSize = 2 + size;
    this.#bodySize = length;
    return true;
  }

  #keep(chunk: Buffer, at: number, end: number): void {
    const known = this.#header(chunk, at, end);
    this.#have = end - at;
    this.#partial = Buffer.allocUnsafe(known ? this.#room(end - at) : maxHeader);
    chunk.copy(this.#partial, 0, at, end);
    if (!known) this.#headerSize = 0;
  }

  /** Continues the message of an earlier chunk. Returns where the next one begins. */
  #complete(chunk: Buffer, partial: Buffer): number {
    let at = 0;
    let whole = partial;
    while (this.#headerSize === 0) {
      if (at >= chunk.length) return at;
      whole[this.#have++] = chunk[at++] ?? 0;
      if (!this.#header(whole, 0, this.#have)) this.#headerSize = 0;
      else whole = this.#grow(whole, this.#have);
    }
    const size = this.#headerSize + this.#bodySize;
    const taken = Math.min(size - this.#have, chunk.length - at);
    if (this.#have + taken > whole.length) whole = this.#grow(whole, this.#have + taken);
    chunk.copy(whole, this.#have, at, at + taken);
    this.#have += taken;
    if (this.#have === size) {
      this.#partial = null;
      this.#onMessage(whole, this.#headerSize, size);
    }
    return at + taken;
  }

  /** Moves the message to a larger buffer, with room for `wanted` bytes and some more. */
  #grow(whole: Buffer, wanted: number): Buffer {
    const larger = Buffer.allocUnsafe(this.#room(wanted));
    whole.copy(larger, 0, 0, this.#have);
    this.#partial = larger;
    return larger;
  }

  /** The size of the buffer for a message of which this many bytes have arrived. */
  #room(have: number): number {
    return Math.min(this.#headerSize + this.#bodySize, Math.max(2 * have, smallRoom));
  }
}
