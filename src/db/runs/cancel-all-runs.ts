import type { Pool } from 'pg';
import type { Actor } from '../../core/access.ts';
import { cancelRun } from './cancel-run.ts';
import { inTransaction } from './in-transaction.ts';

/** Cancels each run of the workspace that has not ended, in a transaction of its own. */
export async function cancelAllRuns(pool: Pool, workspaceId: string, by: Actor): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT run.id FROM run WHERE run.workspace_id = $1 AND run.status IN ('QUEUED', 'RUNNING', 'HELD')`,
    [workspaceId],
  );
  for (const { id } of rows) await inTransaction(pool, (client) => cancelRun(client, workspaceId, id, by));
}
