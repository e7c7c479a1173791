import { MalformedBer, Tag } from './ber.ts';

/** No message of a directory is larger; a length beyond it is taken for garbage. */
export const maxMessageBytes = 64 * 1024 * 1024;

/** Called with each whole message: `bytes[start..end)` is its content, after the outer tag and length. */
export type OnMessage = (bytes: Buffer, start: number, end: number) => void;

/** Longest header of a message: tag, 0x84, four bytes of length. */
const maxHeader = 6;

/**
 * Cuts a stream of bytes into LDAP messages. Messages that lie within one chunk are not copied, so `onMessage` must not
 * keep the bytes. Throws MalformedBer when the stream can't be one of LDAP messages.
 */
export class MessageSplitter {
  readonly #onMessage: OnMessage;
  /** A message that began in an earlier chunk: its header first, then all of it once the length is known. */
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

  /** Reads the header at `at`; false when there is not enough of it yet. */
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
    if (length > maxMessageBytes) throw new MalformedBer(`a message of ${length} bytes, more than ${maxMessageBytes}`);
    this.#headerSize = 2 + size;
    this.#bodySize = length;
    return true;
  }

  #keep(chunk: Buffer, at: number, end: number): void {
    const known = this.#header(chunk, at, end);
    this.#partial = Buffer.allocUnsafe(known ? this.#headerSize + this.#bodySize : maxHeader);
    this.#have = chunk.copy(this.#partial, 0, at, end);
    if (!known) this.#headerSize = 0;
  }

  /** Goes on with the message of an earlier chunk; answers where the next one begins. */
  #complete(chunk: Buffer, partial: Buffer): number {
    let at = 0;
    let whole = partial;
    while (this.#headerSize === 0) {
      if (at >= chunk.length) return at;
      whole[this.#have++] = chunk[at++] ?? 0;
      if (!this.#header(whole, 0, this.#have)) this.#headerSize = 0;
      else whole = this.#grow(whole);
    }
    const copied = chunk.copy(whole, this.#have, at);
    this.#have += copied;
    if (this.#have === whole.length) {
      this.#partial = null;
      this.#onMessage(whole, this.#headerSize, whole.length);
    }
    return at + copied;
  }

  #grow(header: Buffer): Buffer {
    const whole = Buffer.allocUnsafe(this.#headerSize + this.#bodySize);
    header.copy(whole, 0, 0, this.#have);
    this.#partial = whole;
    return whole;
  }
}
