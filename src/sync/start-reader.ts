import { AppError } from '../core/app-error.ts';
import type { Extent } from '../core/arrivals.ts';
import type { SourceNote } from '../core/entry.ts';
import type { RunMode } from '../core/run.ts';
import type { ReadTables } from '../core/trial.ts';
import { lendFiles } from './lend-files.ts';
import type { FromReader, ReadCounts, ReadDone, ReadSample, ReadTask, ToReader } from './read-messages.ts';
import { type ReadingThreads, threadFailure } from './reading-threads.ts';

/** Called while a read runs. */
export type ReadEvents = {
  onConnected: (server: string, notes: readonly SourceNote[]) => void;
  onBegun: (extent: Extent, mode: { mode: RunMode; reason: string }) => void;
  onCounts: (counts: ReadCounts) => void;
  /** Called before the outcome, if the task asked for a sample. */
  onSample?: (sample: ReadSample) => void;
};

/** A read that runs in its own thread. */
export type Reader = {
  /** Resolves when everybody has been read and staged. Rejects with an AppError when the read broke. */
  outcome: Promise<ReadDone>;
  /** Call it after the outcome. Goes through all linked people and hands over the ids of those who are gone, list by list. */
  tellGone(onGone: (externalIds: readonly string[]) => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

/** Starts the read of one run in a thread. The people known so far go in, rows for the staging come out. */
export function startReader(
  threads: ReadingThreads,
  task: ReadTask,
  run: ReadTables,
  events: ReadEvents,
  signal: AbortSignal,
): Reader {
  const thread = threads.take();
  const send = (message: ToReader): void => thread.postMessage(message);
  const giveBack = (stored: readonly Uint8Array[]): void => {
    const memory = stored.map(({ buffer }) => buffer as ArrayBuffer);
    if (memory.length > 0) thread.postMessage({ kind: 'stored', memory } satisfies ToReader, memory);
  };
  const outcome = Promise.withResolvers<ReadDone>();
  const swept = Promise.withResolvers<void>();
  const freed = Promise.withResolvers<boolean>();
  // Without this, a failure before the sweep would be an unhandled rejection. The outcome reports it.
  swept.promise.catch(() => {});
  const fail = (error: unknown): void => {
    outcome.reject(error);
    swept.reject(error);
    freed.resolve(false);
  };
  let onGone = (_ids: readonly string[]): Promise<void> => Promise.resolve();
  /** What the thread sends is stored in the order of arrival, one after another. */
  let storing: Promise<unknown> = Promise.resolve();
  const store = (step: () => Promise<unknown>): void => {
    storing = storing.then(step);
    storing.catch(fail);
  };

  const receive: { [kind in FromReader['kind']]: (message: Extract<FromReader, { kind: kind }>) => void } = {
    connected: ({ server, notes }) => events.onConnected(server, notes),
    counts: ({ counts }) => events.onCounts(counts),
    sample: ({ sample }) => events.onSample?.(sample),
    fills: ({ id, fields }) => store(() => run.saveFills([{ id, fields }])),
    rows: ({ bytes }) => store(() => run.stage(bytes).then(giveBack)),
    begun: ({ extent, mode, reason }) => events.onBegun(extent, { mode, reason }),
    takenBack: ({ rows }) => store(() => run.stageEnd().then(() => run.unstage(rows))),
    done: ({ kind: _, ...read }) => store(() => run.stageEnd().then(() => outcome.resolve(read))),
    gone: ({ ids }) => store(() => onGone(ids)),
    goneDone: () => store(() => Promise.resolve(swept.resolve())),
    free: () => freed.resolve(true),
    failed: ({ error }) => fail(new AppError(error.code, error.message, { hint: error.hint ?? undefined })),
  };
  thread.on('message', (message: FromReader) => (receive[message.kind] as (received: FromReader) => void)(message));
  thread.on('error', (error) => fail(threadFailure(error)));
  thread.on('exit', () => fail(new AppError('INTERNAL', 'The reading thread ended unexpectedly.')));
  // A thread that stops in the middle of a read can't be used again: `close` ends it.
  const stop = (): void => fail(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });

  const feed = async (kind: 'known' | 'sweep'): Promise<void> => {
    await run.streamKnown((bytes) => send({ kind, bytes }));
    send({ kind: kind === 'known' ? 'knownEnd' : 'sweepEnd' });
  };
  const lent = lendFiles(run.files, fail);
  thread.postMessage({ kind: 'task', task, files: lent.port } satisfies ToReader, [lent.port]);
  feed('known').catch(fail);

  return {
    outcome: outcome.promise,
    tellGone: async (handOver) => {
      onGone = handOver;
      await feed('sweep');
      await swept.promise;
    },
    close: async () => {
      signal.removeEventListener('abort', stop);
      lent.close();
      send({ kind: 'over' });
      if (await freed.promise) threads.giveBack(thread);
      else await thread.terminate();
      await storing.catch(() => {});
    },
  };
}
