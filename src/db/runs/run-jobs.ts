import type { PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import { runQueueName, silenceSeconds } from './open-boss.ts';

/** Adds a job for the run to the queue, in the caller's transaction. */
export async function sendRunJob(boss: PgBoss, client: PoolClient, workspaceId: string, runId: string): Promise<void> {
  const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) };
  await boss.send(runQueueName, { workspaceId, runId }, { singletonKey: runId, db });
}

/**
 * Whether some job of the run, other than `exceptJobId`, waits or is worked on by a process that lives. Ask with the run
 * locked: whoever sends a job has it locked too.
 */
export async function hasLiveJob(client: PoolClient, runId: string, exceptJobId: string | null): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM pgboss.job
     WHERE job.name = $1 AND job.singleton_key = $2 AND job.id IS DISTINCT FROM $3::uuid AND ${isLive} LIMIT 1`,
    [runQueueName, runId, exceptJobId],
  );
  return rows.length > 0;
}

/** SQL: the `job` is queued, or worked on by a process that has lately been heard of. */
export const isLive = `(job.state < 'active'
  OR job.state = 'active' AND coalesce(job.heartbeat_on, job.started_on) > now() - interval '${silenceSeconds} s')`;
