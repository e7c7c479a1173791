import type { PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import { JOB_CHANNEL } from '../../signals/open-run-signals.ts';
import { isLive, runQueueName } from './open-boss.ts';

/**
 * Adds a job for the run to the queue, in the caller's transaction. Workers are notified when that commits. The job's group is the
 * workspace. The more jobs the workspace has, the lower is the priority, so that workspaces share the slots that are free now
 * (see share-slots.ts for slots that become free later).
 */
export async function sendRunJob(boss: PgBoss, client: PoolClient, workspaceId: string, runId: string): Promise<void> {
  const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) };
  const { rows } = await client.query<{ priority: number }>(
    `SELECT -count(*)::int AS priority, pg_notify($3, '') FROM pgboss.job
     WHERE job.name = $1 AND job.group_id = $2 AND ${isLive}`,
    [runQueueName, workspaceId, JOB_CHANNEL],
  );
  const priority = rows[0]?.priority ?? 0;
  await boss.send(
    runQueueName,
    { workspaceId, runId },
    { singletonKey: runId, group: { id: workspaceId }, priority, db },
  );
}

/**
 * Whether the run has a job, other than `exceptJobId`, that waits or is worked on by a living process. The caller must have locked
 * the run: jobs are only sent with the run locked.
 */
export async function hasLiveJob(client: PoolClient, runId: string, exceptJobId: string | null): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM pgboss.job
     WHERE job.name = $1 AND job.singleton_key = $2 AND job.id IS DISTINCT FROM $3::uuid AND ${isLive} LIMIT 1`,
    [runQueueName, runId, exceptJobId],
  );
  return rows.length > 0;
}
