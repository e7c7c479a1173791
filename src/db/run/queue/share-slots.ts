import { GiveWay, type RunJob } from '../../../core/run-queue.ts';
import { isLive, runQueueName } from './open-boss.ts';

/** Sends one statement. */
export type Execute = (text: string, values: unknown[]) => Promise<{ rows: unknown[] }>;

/**
 * Decides which jobs get the next free slots. Of each workspace, the job that has waited longest is considered. The
 * workspace with the fewest running runs in all processes comes first; among equals, the one that was served longest
 * ago. So no workspace gets a slot while another one with fewer running runs waits, however many jobs it has queued.
 * Call it before a slot becomes free, with the job that ends there.
 */
export async function shareSlots(execute: Execute, endedJobId: string | null): Promise<void> {
  // A locked row is just being taken by a slot, or prioritized by another process.
  await execute(
    `WITH head AS (
       SELECT DISTINCT ON (job.group_id) job.id, job.group_id, job.created_on FROM pgboss.job
       WHERE job.name = $1 AND job.state < 'active' ORDER BY job.group_id, job.created_on, job.id),
     served AS (
       SELECT job.group_id, max(job.started_on) AS last,
         count(*) FILTER (WHERE job.state = 'active' AND job.id IS DISTINCT FROM $2::uuid AND ${isLive}) AS under_way
       FROM pgboss.job WHERE job.name = $1 AND job.started_on IS NOT NULL GROUP BY job.group_id),
     turn AS (
       SELECT head.id, 1000000 - row_number() OVER (
         ORDER BY coalesce(served.under_way, 0), served.last NULLS FIRST, head.created_on, head.id) AS priority
       FROM head LEFT JOIN served USING (group_id)),
     changed AS (
       SELECT job.id, turn.priority FROM pgboss.job JOIN turn ON turn.id = job.id
       WHERE job.name = $1 AND job.priority <> turn.priority FOR UPDATE OF job SKIP LOCKED)
     UPDATE pgboss.job SET priority = changed.priority FROM changed WHERE job.name = $1 AND job.id = changed.id`,
    [runQueueName, endedJobId],
  );
}

export type SlotsInUse = {
  /** A job takes a slot. The signal aborts with GiveWay when the job must leave the slot to another workspace. */
  take(job: RunJob): AbortSignal;
  leave(job: RunJob): void;
  /** Checks whether a slot must be left to another workspace, and if so makes the youngest job leave its slot. */
  look(): Promise<void>;
};

/**
 * The slots of this process that have a job. When runs of one workspace have all slots, and another workspace without a run under
 * way has waited for `patienceSeconds`, the youngest of those runs makes way. (A slow directory could block it for very long.)
 * With a single slot no run makes way: it would never come to its end.
 */
export function slotsInUse(execute: Execute, concurrency: number, patienceSeconds: number): SlotsInUse {
  const inUse = new Map<string, { workspaceId: string; leaving: AbortController }>();
  return {
    take: ({ id, workspaceId }) => {
      const leaving = new AbortController();
      inUse.set(id, { workspaceId, leaving });
      return leaving.signal;
    },
    leave: ({ id }) => inUse.delete(id),
    look: async () => {
      const jobs = [...inUse.values()];
      const youngest = jobs.at(-1);
      if (youngest === undefined || concurrency < 2 || jobs.length < concurrency) return;
      if (jobs.some(({ workspaceId, leaving }) => workspaceId !== youngest.workspaceId || leaving.signal.aborted))
        return;
      if (await othersWait(execute, patienceSeconds)) youngest.leaving.abort(new GiveWay());
    },
  };
}

/** Whether a workspace without a run under way in any process has waited that long. */
async function othersWait(execute: Execute, patienceSeconds: number): Promise<boolean> {
  const { rows } = await execute(
    `SELECT FROM pgboss.job
     WHERE job.name = $1 AND job.state < 'active' AND job.created_on <= now() - make_interval(secs => $2)
       AND job.group_id NOT IN (
         SELECT job.group_id FROM pgboss.job
         WHERE job.name = $1 AND job.state = 'active' AND job.group_id IS NOT NULL AND ${isLive})
     LIMIT 1`,
    [runQueueName, patienceSeconds],
  );
  return rows.length > 0;
}
