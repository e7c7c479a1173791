import { setTimeout as wait } from 'node:timers/promises';
import type { Job, PgBoss } from 'pg-boss';
import type { RunQueue } from '../../../core/run-queue.ts';
import { runQueueName } from './open-boss.ts';
import { type Execute, shareSlots } from './share-slots.ts';
import { slotsInUse } from './slots-in-use.ts';

/** Often enough that one lost beat does no harm within the ten seconds of silence that mean death. */
const heartbeatSeconds = 2;
/** So that a run that can't be worked on is not taken again at once. */
const pauseAfterTroubleMs = 5000;

/** How long a workspace without a run under way waits while another has all slots of a process. */
const fairness = { patienceSeconds: 30, lookEveryMs: 5000 };

/** The queue of runs in pg-boss. `onTrouble` hears what a job's work rejected with. */
export const createRunQueue = (
  boss: PgBoss,
  onTrouble: (error: unknown) => void,
  { patienceSeconds, lookEveryMs } = fairness,
): RunQueue => ({
  async take(concurrency, work) {
    const stopping = new AbortController();
    const execute: Execute = (text, values) => boss.getDb().executeSql(text, values);
    await shareSlots(execute, null).catch(onTrouble);
    const slots = slotsInUse(execute, concurrency, patienceSeconds);
    const looking = setInterval(() => slots.look().catch(onTrouble), lookEveryMs);
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
    for (let slot = 0; slot < concurrency; slot++) await openSlot(boss, workJob);
    return {
      stop: async () => {
        stopping.abort();
        clearInterval(looking);
        await boss.offWork(runQueueName, { wait: true });
      },
    };
  },
});

type RunOfJob = { workspaceId: string; runId: string };

/** Works on one job after the other; only where none was left it waits to be told of one, or looks anyway. */
async function openSlot(boss: PgBoss, workJob: (jobs: Job<RunOfJob>[]) => Promise<void>): Promise<void> {
  const slot = await boss.work<RunOfJob>(
    runQueueName,
    { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 2, heartbeatRefreshSeconds: heartbeatSeconds },
    // Told while it works, it looks again at once.
    (jobs) => workJob(jobs).finally(() => boss.notifyWorker(slot)),
  );
}
