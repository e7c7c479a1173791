import type { Response } from 'express';

/** The size of a piece in bytes. */
const PIECE = 64 * 1024;

/** Cuts bytes into pieces. A character may lie in two of them. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}

/**
 * Writes piece by piece, so that a slow reader holds only one piece in memory. Resolves when all has left the process, or the client
 * has gone.
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
