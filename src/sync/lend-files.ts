import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { AppError } from '../core/app-error.ts';
import type { RunError } from '../core/run.ts';
import type { StoredFile, StoredFiles } from '../core/stored-files.ts';

/*
 * A reading thread has no connection to the database. It reads a stored file through the main thread: it asks for piece after
 * piece, always one ahead. The bytes are transferred, not copied.
 */

/** What the thread sends. `reading` numbers each read, because several can run at the same time. */
type FromBorrower =
  | { kind: 'find'; reading: number }
  | { kind: 'open'; reading: number; fileId: string }
  | { kind: 'more'; reading: number }
  | { kind: 'enough'; reading: number };

type FromLender =
  | { kind: 'found'; reading: number; file: StoredFile | null }
  | { kind: 'piece'; reading: number; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'end'; reading: number }
  | { kind: 'failed'; reading: number; error: RunError };

/**
 * The main thread's part: a port for one thread. Closing it ends all reads through it. `onFault` gets each error that is no
 * AppError, such as a lost database; the thread only learns that it can't go on.
 */
export function lendFiles(files: StoredFiles, onFault: (error: unknown) => void): { port: MessagePort; close(): void } {
  const { port1: own, port2: port } = new MessageChannel();
  const readings = new Map<number, AsyncIterator<Uint8Array>>();
  const send = (message: FromLender, transfer: ArrayBuffer[] = []): void => own.postMessage(message, transfer);

  const enough = (reading: number): void => {
    const pieces = readings.get(reading);
    readings.delete(reading);
    // Nobody needs the pieces any more, so an error is ignored.
    pieces?.return?.().catch(() => {});
  };
  const next = async (reading: number): Promise<void> => {
    try {
      const piece = await readings.get(reading)?.next();
      if (!readings.has(reading)) return;
      if (piece === undefined || piece.done) {
        readings.delete(reading);
        send({ kind: 'end', reading });
        return;
      }
      const bytes = new Uint8Array(piece.value);
      send({ kind: 'piece', reading, bytes }, [bytes.buffer]);
    } catch (error) {
      readings.delete(reading);
      fail(reading, error);
    }
  };

  const fail = (reading: number, error: unknown): void => {
    if (!(error instanceof AppError)) onFault(error);
    send({ kind: 'failed', reading, error: runErrorOf(error) });
  };
  const find = async (reading: number): Promise<void> => {
    try {
      send({ kind: 'found', reading, file: await files.find() });
    } catch (error) {
      fail(reading, error);
    }
  };

  own.on('message', (message: FromBorrower) => {
    if (message.kind === 'find') void find(message.reading);
    else if (message.kind === 'enough') enough(message.reading);
    else {
      if (message.kind === 'open') readings.set(message.reading, files.read(message.fileId)[Symbol.asyncIterator]());
      void next(message.reading);
    }
  });
  // The thread has ended, or its work is over.
  own.on('close', () => {
    for (const reading of [...readings.keys()]) enough(reading);
  });
  own.unref();
  return { port, close: () => own.close() };
}

function runErrorOf(error: unknown): RunError {
  return error instanceof AppError
    ? { code: error.code, message: error.message, hint: error.hint }
    : { code: 'INTERNAL', message: 'A stored file could not be read.', hint: null };
}

/** The thread's part: the files behind a port. With null there are no files. */
export function borrowFiles(port: MessagePort | null): StoredFiles {
  const waiting = new Map<number, (message: FromLender) => void>();
  let closed = false;
  let readings = 0;
  port?.on('message', (message: FromLender) => waiting.get(message.reading)?.(message));
  port?.on('close', () => {
    closed = true;
    for (const [reading, receive] of waiting) receive({ kind: 'failed', reading, error: portClosed });
  });
  port?.unref();
  const ask = (message: FromBorrower): void => port?.postMessage(message);
  const answer = (reading: number): Promise<FromLender> =>
    new Promise((resolve) => {
      if (port === null || closed) resolve({ kind: 'failed', reading, error: portClosed });
      else waiting.set(reading, resolve);
    });

  return {
    find: async () => {
      if (port === null) return null;
      const reading = readings++;
      const next = answer(reading);
      ask({ kind: 'find', reading });
      const message = await next;
      waiting.delete(reading);
      if (message.kind === 'failed') throw faultOf(message.error);
      return message.kind === 'found' ? message.file : null;
    },
    read: async function* (fileId) {
      const reading = readings++;
      let next = answer(reading);
      ask({ kind: 'open', reading, fileId });
      try {
        for (;;) {
          const message = await next;
          if (message.kind !== 'piece' && message.kind !== 'failed') return;
          if (message.kind === 'failed') throw faultOf(message.error);
          next = answer(reading);
          ask({ kind: 'more', reading });
          yield message.bytes;
        }
      } finally {
        waiting.delete(reading);
        ask({ kind: 'enough', reading });
      }
    },
  };
}

const portClosed: RunError = { code: 'INTERNAL', message: 'Stored files can not be read any more.', hint: null };

function faultOf({ code, message, hint }: RunError): AppError {
  return new AppError(code, message, { hint: hint ?? undefined });
}
