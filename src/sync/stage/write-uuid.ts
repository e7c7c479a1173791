import { randomFillSync } from 'node:crypto';

const random = Buffer.alloc(8192);
let used = random.length;
let lastMs = 0;
let sequence = 0;

/**
 * Writes the 16 bytes of a UUID of version 7 (RFC 9562) at `at`: milliseconds, a counter of 12 bits, and random bits.
 * Ids of one thread sort in the order in which they were made, so index pages fill one after another.
 */
export function writeUuidV7(into: Uint8Array, at: number): void {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  if (used + 8 > random.length) {
    randomFillSync(random);
    used = 0;
  }
  const high = Math.floor(lastMs / 0x1_0000_0000);
  into[at] = high >>> 8;
  into[at + 1] = high;
  into[at + 2] = lastMs >>> 24;
  into[at + 3] = lastMs >>> 16;
  into[at + 4] = lastMs >>> 8;
  into[at + 5] = lastMs;
  into[at + 6] = 0x70 | (sequence >>> 8);
  into[at + 7] = sequence;
  for (let i = 0; i < 8; i++) into[at + 8 + i] = random[used + i] ?? 0;
  into[at + 8] = ((into[at + 8] ?? 0) & 0x3f) | 0x80;
  used += 8;
}
