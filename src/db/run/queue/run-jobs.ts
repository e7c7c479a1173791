import type { PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import { JOB_CHANNEL } from '../../signals/open-run-signals.ts';
import { isLive, runQueueName } from './open-boss.ts';

/**
 * Adds a job for the run to the queue, in the caller's transaction; workers hear of it when that commits. Its group is the workspace; the more jobs that has, the
 * later comes this one, which shares the slots that are free just now (for those that become free, see share-slots.ts).
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
 * Whether some job of the run, other than `exceptJobId`, waits or is worked on by a process that lives. Ask with the run
 * locked: a job is sent only with the run locked.
 */
export async function hasLiveJob(client: PoolClient, runId: string, exceptJobId: string | null): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM pgboss.job
     WHERE job.name = $1 AND job.singleton_key = $2 AND job.id IS DISTINCT FROM $3::uuid AND ${isLive} LIMIT 1`,
    [runQueueName, runId, exceptJobId],
  );
  return rows.length > 0;
}
