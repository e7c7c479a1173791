import type { PoolClient } from 'pg';
import type { Actor } from '../../../core/access.ts';

/** Notes that somebody wants the run to stop. Who asked first stays the one who asked. */
export async function requestCancel(client: PoolClient, workspaceId: string, runId: string, by: Actor): Promise<void> {
  await client.query(
    `INSERT INTO run_cancel (workspace_id, run_id, requested_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [workspaceId, runId, by],
  );
}

/** Who wants the run to stop. Null: nobody. */
export async function cancelRequest(client: PoolClient, workspaceId: string, runId: string): Promise<Actor | null> {
  const { rows } = await client.query<{ by: Actor }>(
    'SELECT run_cancel.requested_by AS by FROM run_cancel WHERE run_cancel.workspace_id = $1 AND run_cancel.run_id = $2',
    [workspaceId, runId],
  );
  return rows[0]?.by ?? null;
}

/** Requests for runs that have ended are of no more use. */
export const dropOldRequests = `
  DELETE FROM run_cancel WHERE NOT EXISTS (
    SELECT FROM open_run WHERE open_run.workspace_id = run_cancel.workspace_id AND open_run.run_id = run_cancel.run_id)`;
