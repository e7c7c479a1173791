import { hash } from 'node:crypto';

/** 16 bytes as four numbers, to be compared and kept without an object each. */
export type Digest = Uint32Array;

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Writes the digest of a stable id into `into`: a UUID's own 16 bytes, of anything else the first 16 of its SHA-256. */
export const digestId = (id: string, into: Digest): void => {
  if (id.length === 36 && uuidShape.test(id)) {
    into[0] = Number.parseInt(id.slice(0, 8), 16);
    into[1] = Number.parseInt(id.slice(9, 13) + id.slice(14, 18), 16);
    into[2] = Number.parseInt(id.slice(19, 23) + id.slice(24, 28), 16);
    into[3] = Number.parseInt(id.slice(28, 36), 16);
    return;
  }
  digestText(id, into);
};

/** Writes the first 16 bytes of a text's SHA-256 into `into`. */
export const digestText = (text: string, into: Digest): void => readHex(hexOf(text), 0, into);

/** The first 16 bytes of a text's SHA-256 as 32 hexadecimal digits. */
export const hexOf = (text: string): string => hash('sha256', text, 'hex').slice(0, 32);

/** Writes the digest that 32 hexadecimal digits stand for into `into`. */
export const readHex = (hex: string, start: number, into: Digest): void => {
  for (let i = 0; i < 4; i++) into[i] = Number.parseInt(hex.slice(start + 8 * i, start + 8 * i + 8), 16);
};
