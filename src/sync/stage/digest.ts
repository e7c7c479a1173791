import { hash } from 'node:crypto';

/** 16 bytes as four numbers: compared and stored without creating objects. */
export type Digest = Uint32Array;

/** Writes the digest of an id into `into`: the 16 bytes of a UUID, or the first 16 bytes of any other id's SHA-256. */
export function digestId(id: string, into: Digest): void {
  if (id.length === 36 && readUuidText(id, into)) return;
  digestText(id, into);
}

/** The same as `readUuid`, for a text of 36 characters. Every person of every read passes here, so no other texts are made. */
function readUuidText(id: string, into: Digest): boolean {
  let digits = 0;
  let sum = 0;
  let part = 0;
  for (let i = 0; i < 36; i++) {
    const code = id.charCodeAt(i);
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== DASH) return false;
      continue;
    }
    const digit = digitOf[code] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return false;
    sum = sum * 16 + digit;
    if (++digits % 8 !== 0) continue;
    into[part++] = sum;
    sum = 0;
  }
  return true;
}

/** The UUID with this digest. */
export function uuidOf(digest: Digest): string {
  const [a = '', b = '', c = '', d = ''] = [...digest].map((part) => part.toString(16).padStart(8, '0'));
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

/** Writes the first 16 bytes of a text's SHA-256 into `into`. */
export function digestText(text: string, into: Digest): void {
  readBytes(hash('sha256', text, 'binary'), into);
}

/** Writes the first 16 bytes of a binary string (one character a byte) into `into`. */
export function readBytes(bytes: string, into: Digest): void {
  for (let i = 0; i < 4; i++) {
    const at = 4 * i;
    into[i] =
      (bytes.charCodeAt(at) << 24) |
      (bytes.charCodeAt(at + 1) << 16) |
      (bytes.charCodeAt(at + 2) << 8) |
      bytes.charCodeAt(at + 3);
  }
}

/** The first 16 bytes of a text's SHA-256 as 32 hexadecimal digits. */
export function hexOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}

const DASH = 0x2d;
/** The value of a lower-case hexadecimal digit by its byte. Any other byte makes the sum too large to be valid. */
const NO_DIGIT = 2 ** 40;
const digitOf = new Float64Array(256).fill(NO_DIGIT);
for (const [value, digit] of [...'0123456789abcdef'].entries()) digitOf[digit.charCodeAt(0)] = value;

/** The number that `length` lower-case hexadecimal digits spell. 2^40 or more: they are not all such digits. */
function hexAt(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = at; i < at + length; i++) value = value * 16 + (digitOf[bytes[i] ?? 0] ?? NO_DIGIT);
  return value;
}

/** Writes the 16 bytes of a UUID in its usual text form into `into`. False: it is no UUID, and `into` holds anything. */
export function readUuid(bytes: Uint8Array, at: number, into: Digest): boolean {
  if (bytes[at + 8] !== DASH || bytes[at + 13] !== DASH || bytes[at + 18] !== DASH || bytes[at + 23] !== DASH)
    return false;
  const first = hexAt(bytes, at, 8);
  const second = hexAt(bytes, at + 9, 4) * 0x10000 + hexAt(bytes, at + 14, 4);
  const third = hexAt(bytes, at + 19, 4) * 0x10000 + hexAt(bytes, at + 24, 4);
  const fourth = hexAt(bytes, at + 28, 8);
  into[0] = first;
  into[1] = second;
  into[2] = third;
  into[3] = fourth;
  return first < NO_DIGIT && second < NO_DIGIT && third < NO_DIGIT && fourth < NO_DIGIT;
}

/** Mixes the digest at `at`. UUIDs of version 7 begin alike, so all four parts are mixed. */
export function mixed(digests: Uint32Array, at: number): number {
  const [b, c, d] = [digests[at + 1] ?? 0, digests[at + 2] ?? 0, digests[at + 3] ?? 0];
  let sum = (digests[at] ?? 0) ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ Math.imul(d, 0xc2b2ae35);
  sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum ^ (sum >>> 13);
}

/** The same as `set`, which takes longer for four numbers. */
export function copyDigest(from: Digest, into: Uint32Array, at: number): void {
  for (let i = 0; i < 4; i++) into[at + i] = from[i] ?? 0;
}
