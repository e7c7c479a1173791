import type { Pool } from 'pg';
import type { AttemptState, ClaimedRun } from '../../core/run-store.ts';

/** Whether the attempt is still the one that works on the run, and nobody wants it to stop. */
export async function attemptState(pool: Pool, claimed: ClaimedRun): Promise<AttemptState> {
  const { rows } = await pool.query<{ cancelled: boolean }>(
    `SELECT EXISTS (
       SELECT FROM run_cancel WHERE run_cancel.workspace_id = run.workspace_id AND run_cancel.run_id = run.id) AS cancelled
     FROM run
     WHERE run.workspace_id = $1 AND run.id = $2 AND run.attempt = $3`,
    [claimed.run.workspaceId, claimed.run.id, claimed.attempt],
  );
  if (rows[0] === undefined) return 'fenced';
  return rows[0].cancelled ? 'cancel_requested' : 'going_on';
}
