import { setTimeout as wait } from 'node:timers/promises';
import type { Job, PgBoss } from 'pg-boss';
import type { RunQueue } from '../../../core/run-queue.ts';
import type { WorkspaceSignals } from '../../signals/open-run-signals.ts';
import { runQueueName } from './open-boss.ts';
import { type Execute, shareSlots, slotsInUse } from './share-slots.ts';

/** Short enough that one lost heartbeat does no harm: a worker counts as dead only after ten seconds of silence. */
const heartbeatSeconds = 2;
/** The pause before a slot takes its next job, so that a run that can't be worked on is not taken again at once. */
const pauseAfterTroubleMs = 5000;

/** These bound how long a job waits for a slot, or for a slot to find it. */
const usualTiming = {
  /** How long a workspace without a run under way waits while another one has all slots of a process. */
  patienceSeconds: 30,
  /** How often a process looks for such workspaces. */
  lookEveryMs: 5000,
  /** How often one of the free slots looks for a job, in case a notification was lost. */
  pollEveryMs: 2000,
};

/** Each slot also looks by itself, this many times less often. */
const slotPolls = 15;

/** The queue of runs, in pg-boss. `onTrouble` gets the error when a job's work rejects. */
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
          // If this fails, the order stays as it was until another slot becomes free.
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
 * The slots of this process that have no job. They take turns to look for one, one at a time. So a look that hangs does not hold
 * up the other slots.
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
    /** Called when the slot has found a job. There may be more jobs. */
    took: (slot: string) => {
      free.delete(slot);
      wakeOne();
    },
  };
}

/** Opens a slot, which works on one job after another. When none is left it waits for a notification, or looks after a while. */
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
        // This makes the slot look again at once instead of waiting.
        boss.notifyWorker(slot);
      });
    },
  );
  free.add(slot);
}
