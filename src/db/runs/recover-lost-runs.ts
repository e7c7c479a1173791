import type { Pool, PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import { isEnded } from '../../core/run.ts';
import { closeRun } from './close-run.ts';
import { inTransaction } from './in-transaction.ts';
import { lockRun } from './lock-run.ts';
import { isLive, runQueueName } from './open-boss.ts';
import { hasLiveJob, sendRunJob } from './run-jobs.ts';

/**
 * Gives runs that nobody works on another job, or ends those that are to be cancelled; so it does with a run that came to be
 * HELD just when somebody cancelled it. Any number of processes may try.
 */
export async function recoverLostRuns(pool: Pool, boss: PgBoss): Promise<void> {
  for (const { workspace_id, id } of await lostRuns(pool)) {
    await inTransaction(pool, (client) => recoverRun(boss, client, workspace_id, id));
  }
}

/** By the partial index of runs that have not ended. */
async function lostRuns(pool: Pool): Promise<{ workspace_id: string; id: string }[]> {
  const { rows } = await pool.query<{ workspace_id: string; id: string }>(
    `SELECT run.workspace_id, run.id FROM run
     WHERE run.status IN ('QUEUED', 'RUNNING', 'HELD') AND CASE
       WHEN run.status = 'HELD' THEN run.cancel_requested_at IS NOT NULL
       ELSE NOT EXISTS (
         SELECT 1 FROM pgboss.job WHERE job.name = $1 AND job.singleton_key = run.id::text AND ${isLive}) END`,
    [runQueueName],
  );
  return rows;
}

/** Looks again with the run locked: another process may have been faster, or the run has ended. */
async function recoverRun(boss: PgBoss, client: PoolClient, workspaceId: string, runId: string): Promise<void> {
  const run = await lockRun(client, workspaceId, runId);
  if (run === null || isEnded(run.status)) return;
  if (run.status !== 'HELD' && (await hasLiveJob(client, runId, null))) return;
  if (run.cancel_requested_at !== null) await closeRun(client, run, { status: 'CANCELLED' });
  else if (run.status !== 'HELD') await sendRunJob(boss, client, workspaceId, runId);
}
