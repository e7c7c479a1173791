import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseLost } from '../core/database-trouble.ts';
import type { RunJob, RunQueue } from '../core/run-queue.ts';
import { repeat } from './repeat.ts';
import { startScheduler } from './schedule/start-scheduler.ts';
import { type WorkParts, work } from './work.ts';

export type WorkerParts = WorkParts & {
  queue: RunQueue;
  /** How many runs this process works on at the same time. The store needs enough connections for them. */
  concurrency: number;
  /** How long runs may continue when the worker closes, before they are handed back. Default: 5000. */
  patienceMs?: number;
};

export type Worker = {
  /** Takes no more runs, waits for those under way, and hands back those that take longer than `patienceMs`. */
  close(): Promise<void>;
};

/** How often it looks for runs that lost their worker. A worker counts as lost after ten seconds of silence. */
const recoveryEveryMs = 1000;

/** Works on runs: takes them from the queue, starts scheduled runs, and takes over the runs of dead workers. */
export async function startWorker(parts: WorkerParts): Promise<Worker> {
  const { store, queue, log, concurrency, patienceMs = 5000 } = parts;
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  const onTrouble = (doing: string) => (err: unknown) => log.warn({ err }, doing);

  /**
   * Runs that were handed back because the database stayed away. They must be distinguished from runs of a process that
   * is gone.
   */
  const cutOff = new Set<string>();

  const workOn = (job: RunJob, given: { expired: AbortSignal; giveWay: AbortSignal }): Promise<void> => {
    const signals = { ...given, handBack: closing.signal };
    const working = work(parts, job, signals, cutOff.delete(job.runId)).catch((error: unknown) => {
      if (error instanceof DatabaseLost) cutOff.add(job.runId);
      throw error;
    });
    const settled = working.catch(() => undefined);
    underWay.add(settled);
    settled.then(() => underWay.delete(settled));
    return working;
  };
  const taking = await queue.take(concurrency, workOn);
  const recovery = repeat(
    () => store.recoverLostRuns(),
    recoveryEveryMs,
    onTrouble('Looking for runs without a worker failed'),
  );
  const scheduler = startScheduler(store, onTrouble('A schedule could not be checked'));

  return {
    close: async () => {
      await scheduler.stop();
      await recovery.stop();
      const stopped = taking.stop();
      const waiting = new AbortController();
      await Promise.race([
        Promise.all(underWay),
        wait(patienceMs, undefined, { signal: waiting.signal }).catch(() => undefined),
      ]);
      waiting.abort();
      closing.abort(new HandBack());
      await stopped;
    },
  };
}

/** The reason with which a run's signal aborts when its process shuts down. The run continues in another process. */
export class HandBack extends Error {
  constructor() {
    super('The process shuts down; the run goes on in another.');
    this.name = 'HandBack';
  }
}
