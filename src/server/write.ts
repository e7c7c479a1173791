import type { Response } from 'express';
import { pieces } from './pieces.ts';

/**
 * Resolves when it has left the process, or nobody is there any more: a slow reader is asked no more than it takes, and
 * holds no more than a piece of it.
 */
export async function write(response: Response, data: string | Buffer): Promise<void> {
  for (const piece of pieces(typeof data === 'string' ? Buffer.from(data) : data)) await writePiece(response, piece);
}

const writePiece = (response: Response, piece: Buffer): Promise<void> =>
  new Promise((resolve) => {
    if (!response.writable) return resolve();
    const done = () => {
      response.off('close', done);
      resolve();
    };
    response.once('close', done);
    response.write(piece, done);
  });
