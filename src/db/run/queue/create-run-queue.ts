import { setTimeout as wait } from 'node:timers/promises';
import type { Job, PgBoss } from 'pg-boss';
import type { RunQueue } from '../../../core/run-queue.ts';
import type { WorkspaceSignals } from '../../signals/open-run-signals.ts';
import { runQueueName } from './open-boss.ts';
import { type Execute, shareSlots, slotsInUse } from './share-slots.ts';

/** Often enough that one lost beat does no harm within the ten seconds of silence that mean death. */
const heartbeatSeconds = 2;
/** So that a run that can't be worked on is not taken again at once. */
const pauseAfterTroubleMs = 5000;

/** What bounds the waiting for a slot and for a job that nobody told of. */
const usualTiming = {
  /** How long a workspace without a run under way waits while another has all slots of a process. */
  patienceSeconds: 30,
  lookEveryMs: 5000,
  /** A free slot looks for jobs, should a signal have been lost. */
  pollEveryMs: 2000,
};

/** Besides, each slot looks by itself, but that much more seldom. */
const slotPolls = 15;

/** The queue of runs in pg-boss. `onTrouble` hears what a job's work rejected with. */
export function createRunQueue(
  boss: PgBoss,
  signals: Pick<WorkspaceSignals, 'onJob'>,
  onTrouble: (error: unknown) => void,
  { patienceSeconds, lookEveryMs, pollEveryMs } = usualTiming,
): RunQueue {
  return {
    async take(concurrency, work) {
      const stopping = new AbortController();
      const execute: Execute = (text, values) => boss.getDb().executeSql(text, values);
      await shareSlots(execute, null).catch(onTrouble);
      const slots = slotsInUse(execute, concurrency, patienceSeconds);
      const free = freeSlots((slot) => boss.notifyWorker(slot));
      const unsubscribe = signals.onJob(free.wakeOne);
      const timers = [
        setInterval(() => slots.look().catch(onTrouble), lookEveryMs),
        setInterval(free.wakeOne, pollEveryMs),
      ];
      const workJob = async ([job]: Job<RunOfJob>[]): Promise<void> => {
        if (job === undefined) return;
        const taken = { id: job.id, workspaceId: job.data.workspaceId, runId: job.data.runId };
        try {
          await work(taken, { expired: job.signal, giveWay: slots.take(taken) });
        } catch (error) {
          onTrouble(error);
          await wait(pauseAfterTroubleMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        } finally {
          slots.leave(taken);
          // Where it fails, the turns stay as they were until another slot becomes free.
          await shareSlots(execute, job.id).catch(onTrouble);
        }
      };
      for (let slot = 0; slot < concurrency; slot++)
        await openSlot(boss, free, (pollEveryMs * slotPolls) / 1000, workJob);
      return {
        stop: async () => {
          stopping.abort();
          unsubscribe();
          for (const timer of timers) clearInterval(timer);
          await boss.offWork(runQueueName, { wait: true });
        },
      };
    },
  };
}

type RunOfJob = { workspaceId: string; runId: string };

/**
 * The slots of this process that have no job. One of them at a time looks for one, in turn: a look that hangs holds up nobody
 * else's. When all have jobs nobody looks.
 */
function freeSlots(look: (slot: string) => void) {
  const free = new Set<string>();
  const wakeOne = (): void => {
    const [slot] = free;
    if (slot === undefined) return;
    free.delete(slot);
    free.add(slot);
    look(slot);
  };
  return {
    wakeOne,
    add: (slot: string) => free.add(slot),
    /** It has found a job; there may be more. */
    took: (slot: string) => {
      free.delete(slot);
      wakeOne();
    },
  };
}

/** Works on one job after the other; only where none was left it waits to be told of one, or looks anyway. */
async function openSlot(
  boss: PgBoss,
  free: ReturnType<typeof freeSlots>,
  pollSeconds: number,
  workJob: (jobs: Job<RunOfJob>[]) => Promise<void>,
): Promise<void> {
  const slot = await boss.work<RunOfJob>(
    runQueueName,
    { pollingIntervalSeconds: Math.max(0.5, pollSeconds), heartbeatRefreshSeconds: heartbeatSeconds },
    (jobs) => {
      free.took(slot);
      return workJob(jobs).finally(() => {
        free.add(slot);
        // Told while it works, it looks again at once.
        boss.notifyWorker(slot);
      });
    },
  );
  free.add(slot);
}
