import type { Response } from 'express';

/** The size of a piece in bytes. */
export const PIECE = 64 * 1024;

/** Cuts bytes into pieces. A character may lie in two of them. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}

/**
 * A client that does not take a piece for this long is dropped. It is long, because the system takes some megabytes for a client before
 * it takes none, and then none until the client has read much of that: at 1 KB/s, a quarter of an hour.
 */
const longestSilenceMs = 30 * 60_000;

/**
 * Ends an answer before it is whole, so that the client sees it. The connection is reset, because an HTTP/1.0 client takes a
 * connection that is closed for the end of the answer. Some proxies are such clients.
 */
export function breakOff(response: Response): void {
  if (response.writableFinished) return;
  response.socket?.resetAndDestroy();
  response.destroy();
}

/**
 * Writes piece by piece, so that a slow reader holds only one piece in memory. Resolves when all has left the process, or the client
 * has gone. A client that reads nothing for long is dropped.
 */
export async function write(response: Response, data: string | Buffer, silenceMs = longestSilenceMs): Promise<void> {
  for (const piece of pieces(typeof data === 'string' ? Buffer.from(data) : data))
    await writePiece(response, piece, silenceMs);
}

function writePiece(response: Response, piece: Buffer, silenceMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (!response.writable) return resolve();
    const timer = setTimeout(() => breakOff(response), silenceMs).unref();
    const done = () => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    response.once('close', done);
    response.write(piece, done);
  });
}
