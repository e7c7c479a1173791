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
export const digestText = (text: string, into: Digest): void => {
  const bytes = hash('sha256', text, 'buffer');
  into[0] = bytes.readUInt32BE(0);
  into[1] = bytes.readUInt32BE(4);
  into[2] = bytes.readUInt32BE(8);
  into[3] = bytes.readUInt32BE(12);
};

/** The 32 hexadecimal digits of a digest. */
export const digestHex = (digest: Digest): string => {
  let hex = '';
  for (let i = 0; i < 4; i++) hex += (digest[i] ?? 0).toString(16).padStart(8, '0');
  return hex;
};
