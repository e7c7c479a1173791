import { cleanText } from './value-text.ts';

/** The tags of LDAP messages that are used here (RFC 4511). */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  OCTET_STRING: 0x04,
  ENUMERATED: 0x0a,
  SEQUENCE: 0x30,
  SET: 0x31,
  SEARCH_REQUEST: 0x63,
  SEARCH_ENTRY: 0x64,
  SEARCH_DONE: 0x65,
  SEARCH_REFERENCE: 0x73,
  EXTENDED_RESPONSE: 0x78,
  INTERMEDIATE_RESPONSE: 0x79,
  REFERRAL: 0xa3,
  CONTROLS: 0xa0,
  EXTENDED_NAME: 0x8a,
} as const;

/** The bytes are no LDAP message. */
export class MalformedBer extends Error {}

/**
 * Reads BER as LDAP uses it (definite lengths only). It is for rare messages; EntryDecoder reads entries.
 * Throws MalformedBer when a length reaches past the end of the element around it.
 */
export class BerCursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** The next element's tag, or -1 at the end. */
  peek(): number {
    return this.at < this.end ? (this.bytes[this.at] ?? -1) : -1;
  }

  /** Enters the next element, which must have this tag, and moves past it. */
  element(tag: number): BerCursor {
    if (this.peek() !== tag)
      throw new MalformedBer(`expected tag 0x${tag.toString(16)}, got 0x${this.peek().toString(16)}`);
    this.at++;
    const length = this.#length();
    const start = this.at;
    if (length > this.end - start) throw new MalformedBer('a length reaches past the end of the message');
    this.at = start + length;
    return new BerCursor(this.bytes, start, this.at);
  }

  /** Skips the next element, whatever it is. */
  skip(): void {
    this.element(this.peek());
  }

  integer(tag: number = Tag.INTEGER): number {
    const { bytes, at, end } = this.element(tag);
    if (end - at < 1 || end - at > 4) throw new MalformedBer('an integer of no or more than four bytes');
    let value = ((bytes[at] ?? 0) << 24) >> 24;
    for (let i = at + 1; i < end; i++) value = (value << 8) | (bytes[i] ?? 0);
    return value;
  }

  /** The bytes of an octet string, not copied. */
  octets(tag: number = Tag.OCTET_STRING): Buffer {
    const { bytes, at, end } = this.element(tag);
    return Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at);
  }

  /** An octet string as storable text. */
  text(tag: number = Tag.OCTET_STRING): string {
    return cleanText(this.octets(tag));
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const size = first & 0x7f;
    if (size === 0 || size > 4) throw new MalformedBer('an indefinite or oversized length');
    let length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + this.#byte();
    return length;
  }

  #byte(): number {
    if (this.at >= this.end) throw new MalformedBer('the message ends within a length');
    return this.bytes[this.at++] ?? 0;
  }
}
