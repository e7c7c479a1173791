import { Worker } from 'node:worker_threads';

const threadFile = new URL(`./read-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Threads kept for runs to come. */
const keptIdle = 1;

/** Megabytes of young objects: a page of people and what becomes of it, several times over. */
const youngGenerationMb = 32;
const oldGenerationMb = 1024;

/** Threads that read, so that a run need not wait for one to start. */
export type ReadingThreads = {
  take(): Worker;
  /** A thread whose run is over and which has nothing left of it. */
  giveBack(thread: Worker): void;
  close(): Promise<void>;
};

/** Starts with one thread ready. */
export const openReadingThreads = (): ReadingThreads => {
  const idle: Worker[] = [];
  const start = (): Worker =>
    new Worker(threadFile, {
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
  keep(start());
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
};
