import { Worker } from 'node:worker_threads';
import { AppError } from '../core/app-error.ts';

const threadFile = new URL(`./read-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Threads kept for runs to come. */
const keptIdle = 1;

/** Megabytes of young objects: a page of people and what becomes of it, several times over. */
const youngGenerationMb = 32;
const runGenerationMb = 1024;
const testGenerationMb = 256;

/** Threads that read, so that a run need not wait for one to start. */
export type ReadingThreads = {
  take(): Worker;
  /** A thread whose run is over and which has nothing left of it. */
  giveBack(thread: Worker): void;
  close(): Promise<void>;
};

/** What the end of a thread means: one that ran out of its memory was sent too much. */
export function threadFailure(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new AppError('INVALID_RESPONSE', 'The source sent more than a reading thread can hold.', {
        hint: 'Make pages smaller, and check that the URL leads to the directory that is meant.',
        cause: error,
      })
    : error;
}

/**
 * For runs, with one thread ready from the start, or for tests of connections, which hold less and start when one is asked for.
 * From then on the process is in UTC, wherever the machine stands: the templates' engine reads and shows dates by the clock of
 * the process, which its threads share and can't set.
 */
export function openReadingThreads(purpose: 'runs' | 'tests' = 'runs', file: URL = threadFile): ReadingThreads {
  // biome-ignore lint/style/noProcessEnv: no setting is read; Node offers nothing else to set the zone with.
  process.env.TZ = 'UTC';
  const oldGenerationMb = purpose === 'runs' ? runGenerationMb : testGenerationMb;
  const idle: Worker[] = [];
  const start = (): Worker =>
    new Worker(file, {
      name: 'read',
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb, maxOldGenerationSizeMb: oldGenerationMb },
    });
  const keep = (thread: Worker): void => {
    const leave = (): void => {
      const at = idle.indexOf(thread);
      if (at !== -1) idle.splice(at, 1);
    };
    thread.once('error', leave);
    thread.once('exit', leave);
    idle.push(thread);
    thread.unref();
  };
  if (purpose === 'runs') keep(start());
  return {
    take: () => {
      const thread = idle.pop() ?? start();
      thread.removeAllListeners();
      thread.ref();
      return thread;
    },
    giveBack: (thread) => {
      thread.removeAllListeners();
      if (idle.length < keptIdle) keep(thread);
      else void thread.terminate();
    },
    close: async () => {
      await Promise.all(idle.splice(0).map((thread) => thread.terminate()));
    },
  };
}
