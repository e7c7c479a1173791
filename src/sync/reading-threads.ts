import { Worker } from 'node:worker_threads';
import { AppError } from '../core/app-error.ts';

const threadFile = new URL(`./read-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** How many idle threads are kept for later runs. */
const keptIdle = 1;

/** Megabytes for young objects. Several pages of people, and the objects made of them, fit in. */
const youngGenerationMb = 32;
const runGenerationMb = 1024;
const testGenerationMb = 256;

/** Keeps reading threads, so that a run need not wait until one has started. */
export type ReadingThreads = {
  take(): Worker;
  /** Gives a thread back. Its run must be over, and it must have sent its last message. */
  giveBack(thread: Worker): void;
  close(): Promise<void>;
};

/** The error for a thread that has failed. A thread that ran out of memory got too much from its source. */
export function threadFailure(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new AppError('INVALID_RESPONSE', 'The source sent more than a reading thread can hold.', {
        hint: 'Make pages smaller, and check that the URL leads to the right source.',
        cause: error,
      })
    : error;
}

/**
 * Opens threads for runs, with one ready from the start, or for looks at sources, which get less memory and start on demand.
 * It also sets the whole process to UTC: the template engine uses the time zone of the process, and a thread can't set it.
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
