import { randomFillSync } from 'node:crypto';

const random = Buffer.alloc(8192);
let used = random.length;
let lastMs = 0;
let sequence = 0;

/**
 * A UUID of version 7 (RFC 9562): milliseconds first, then a counter of 12 bits, so that ids made one after another in one
 * thread sort in that order and index pages fill in sequence.
 */
export const uuidV7 = (): string => {
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
  const tail = random.toString('hex', used, used + 8);
  used += 8;
  const time = lastMs.toString(16).padStart(12, '0');
  const variant = (8 + (Number.parseInt(tail[0] ?? '0', 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence.toString(16).padStart(3, '0')}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`;
};

const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID of any version; a malformed id is treated as an unknown one. */
export const isUuid = (text: string): boolean => shape.test(text);
