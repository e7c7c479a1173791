import type { Response } from 'express';

/** Bytes of a piece. */
const PIECE = 64 * 1024;

/** What is sent in pieces, one after another; a character may lie in two of them. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}

/**
 * Resolves when it has left the process, or nobody is there any more: a slow reader is asked no more than it takes, and
 * holds no more than a piece of it.
 */
export async function write(response: Response, data: string | Buffer): Promise<void> {
  for (const piece of pieces(typeof data === 'string' ? Buffer.from(data) : data)) await writePiece(response, piece);
}

function writePiece(response: Response, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (!response.writable) return resolve();
    const done = () => {
      response.off('close', done);
      resolve();
    };
    response.once('close', done);
    response.write(piece, done);
  });
}
