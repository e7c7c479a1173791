import { GiveWay } from '../../../core/give-way.ts';
import type { RunJob } from '../../../core/run-queue.ts';
import { isLive, runQueueName } from './open-boss.ts';
import type { Execute } from './share-slots.ts';

export type SlotsInUse = {
  /** A job takes a slot. Its signal aborts with GiveWay when it is to leave it to another workspace. */
  take(job: RunJob): AbortSignal;
  leave(job: RunJob): void;
  /** Looks whether a slot must be left to another workspace, and if so has the youngest job leave its own. */
  look(): Promise<void>;
};

/**
 * The slots of this process. Where runs of one workspace have all of them, which may last as long as a directory is slow, and
 * another workspace that has no run under way has waited for `patienceSeconds`, the youngest of those runs makes way. With a
 * single slot nobody does: that run would never come to its end.
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

/** Whether a workspace without a run under way, in any process, has waited so long. */
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
