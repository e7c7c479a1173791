import type { Pool, PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import { isEnded } from '../../../core/run.ts';
import { inTransaction, workingOn } from '../../in-transaction.ts';
import { keepLeftPlans } from '../../sync/keep-plan.ts';
import { isLive, runQueueName } from '../queue/open-boss.ts';
import { hasLiveJob, sendRunJob } from '../queue/run-jobs.ts';
import { lockRun } from '../run-row.ts';
import { cancelRequest, dropOldRequests } from './cancel-run.ts';
import { closeRun } from './close-run.ts';

/**
 * Gives a new job to runs that nobody works on, or ends them if somebody has cancelled them. Also ends a cancelled run that was
 * locked when it was cancelled, because it was becoming HELD or being taken from the queue. Keeps what is left of the plans of
 * ended runs, to be shown. Any number of processes may do this at once. Throws the first error, after trying each run.
 */
export async function recoverLostRuns(pool: Pool, boss: PgBoss): Promise<void> {
  const faults: unknown[] = [];
  for (const { workspace_id, id } of await lostRuns(pool)) {
    await endSessions(pool, id);
    await inTransaction(pool, async (client) => {
      await client.query(`SET LOCAL lock_timeout = '3s'`);
      await recoverRun(boss, client, workspace_id, id);
    }).catch((fault: unknown) => faults.push(fault));
  }
  await pool.query(dropOldRequests);
  await keepLeftPlans(pool);
  if (faults.length > 0) throw faults[0];
}

async function lostRuns(pool: Pool): Promise<{ workspace_id: string; id: string }[]> {
  const { rows } = await pool.query<{ workspace_id: string; id: string }>(
    `SELECT run.workspace_id, run.id
     FROM open_run JOIN run ON run.workspace_id = open_run.workspace_id AND run.id = open_run.run_id
     WHERE (
       run.status <> 'RUNNING' AND EXISTS (
         SELECT FROM run_cancel WHERE run_cancel.workspace_id = run.workspace_id AND run_cancel.run_id = run.id)
       OR run.status <> 'HELD' AND NOT EXISTS (
         SELECT 1 FROM pgboss.job WHERE job.name = $1 AND job.singleton_key = run.id::text AND ${isLive}))`,
    [runQueueName],
  );
  return rows;
}

/**
 * Ends the sessions that a lost worker has left open: a frozen process, or a vanished host, may hold locks in an open transaction.
 * Sessions of a worker that has just taken over are younger than the limit.
 */
async function endSessions(pool: Pool, runId: string): Promise<void> {
  await pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = $1 AND datname = current_database() AND xact_start < clock_timestamp() - interval '5 s'`,
    [workingOn(runId)],
  );
}

/** Looks again with the run locked: another process may have been faster, or the run may have ended. */
async function recoverRun(boss: PgBoss, client: PoolClient, workspaceId: string, runId: string): Promise<void> {
  const run = await lockRun(client, workspaceId, runId, 'end');
  if (run === null || isEnded(run.status)) return;
  const by = await cancelRequest(client, workspaceId, runId);
  const isLeft = run.status !== 'HELD' && !(await hasLiveJob(client, runId, null));
  if (by !== null && (isLeft || run.status !== 'RUNNING')) await closeRun(client, run, { status: 'CANCELLED', by });
  else if (isLeft) await sendRunJob(boss, client, workspaceId, runId);
}
