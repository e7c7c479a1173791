import type { Pool } from 'pg';
import type { RunRecord } from '../../core/records.ts';
import { type RunRow, runColumns, toRun } from './run-row.ts';

/** Runs of the workspace that have not ended, or were queued after `since`. In no particular order. */
export async function recentRuns(pool: Pool, workspaceId: string, since: Date): Promise<RunRecord[]> {
  const { rows } = await pool.query<RunRow>(
    `SELECT ${runColumns} FROM run
     WHERE run.workspace_id = $1 AND run.status IN ('QUEUED', 'RUNNING', 'HELD')
     UNION
     SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.queued_at > $2`,
    [workspaceId, since],
  );
  return rows.map(toRun);
}
