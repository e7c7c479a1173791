import type { IncomingMessage } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../../core/app-error.ts';
import { type HttpsAnswer, type HttpsOptions, shownUrl, tooLate } from './https-get.ts';

/** The body ended too early. The part that arrived can be used. */
export class CutOff extends Error {}

const megabyte = 1024 * 1024;

/**
 * The body of an answer, unpacked if it is packed (gzip). It is read only as fast as the caller takes it. Throws CutOff
 * if it breaks off, or if nothing proves that it is complete; AppError FILE_TOO_LARGE, TIMEOUT, INVALID_RESPONSE; the
 * signal's reason.
 */
export async function* readBody(answer: HttpsAnswer, most: number, options: HttpsOptions): AsyncGenerator<Uint8Array> {
  const { headers } = answer;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'x-gzip') throw packedOtherwise(answer);
  const packed = encoding !== 'identity';
  const isProven = packed || headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  if (Number(headers['content-length']) > most) throw tooLarge(answer, most);
  const bytes = received(answer, options);
  let length = 0;
  for await (const piece of packed ? unpacked(bytes, answer) : bytes) {
    length += piece.length;
    if (length > most) throw tooLarge(answer, most);
    yield piece;
  }
  if (!isProven)
    throw new CutOff('The server does not say how long the file is, so nothing proves that all of it came.');
}

async function* received(answer: HttpsAnswer, options: HttpsOptions): AsyncGenerator<Uint8Array> {
  const { message } = answer;
  const { patience, signal } = options;
  const abort = (): void => void message.destroy();
  signal.addEventListener('abort', abort, { once: true });
  const chunks: AsyncIterator<Uint8Array> = message[Symbol.asyncIterator]();
  let left = patience.bodyMs;
  try {
    for (;;) {
      signal.throwIfAborted();
      const begun = performance.now();
      const next = await nextChunk(chunks, message, Math.min(left, patience.silenceMs));
      left -= performance.now() - begun;
      if (next === 'late') throw tooLate(answer.url, 'with the rest of the file', Math.min(left, patience.silenceMs));
      if (next === 'broken') {
        signal.throwIfAborted();
        throw new CutOff('The server ended the connection before all of the file had come.');
      }
      if (next === 'end') return;
      yield next;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    message.destroy();
  }
}

async function nextChunk(
  chunks: AsyncIterator<Uint8Array>,
  message: IncomingMessage,
  ms: number,
): Promise<Uint8Array | 'end' | 'late' | 'broken'> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), ms);
  const next = chunks.next().then(
    ({ done, value }) => (done ? (message.complete ? 'end' : 'broken') : value),
    () => 'broken' as const,
  );
  try {
    return await Promise.race([next, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function* unpacked(bytes: AsyncIterable<Uint8Array>, answer: HttpsAnswer): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // Errors also reach the loop over `gunzip`, so the callback does nothing.
  pipeline(Readable.from(bytes, { objectMode: false }), gunzip, () => {});
  try {
    yield* gunzip;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'Z_BUF_ERROR') throw new CutOff('The compressed file is incomplete.');
    if (code.startsWith('Z_')) throw malformed(answer, error);
    throw error;
  } finally {
    gunzip.destroy();
  }
}

function tooLarge({ url }: HttpsAnswer, most: number): AppError {
  return new AppError('FILE_TOO_LARGE', `The file of ${shownUrl(url)} is larger than ${most / megabyte} MB.`, {
    hint: 'Check that the URL leads to the right file, and export fewer columns.',
  });
}

function packedOtherwise({ url }: HttpsAnswer): AppError {
  return new AppError('INVALID_RESPONSE', `${shownUrl(url)} compresses the file, but not with gzip.`, {
    hint: 'Let the server send it uncompressed, or with gzip.',
  });
}

function malformed({ url }: HttpsAnswer, cause: unknown): AppError {
  return new AppError(
    'INVALID_RESPONSE',
    `${shownUrl(url)} says that the file is compressed with gzip, but it can't be unpacked.`,
    {
      hint: 'Check how the server, or a proxy in between, compresses the file.',
      cause,
    },
  );
}
