import type { Pool } from 'pg';
import type { RunRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import { type RunRow, runColumns, toRun } from './run-row.ts';

/** The runs of the workspace among these; unknown and malformed ids yield nothing. In no particular order. */
export async function findRuns(pool: Pool, workspaceId: string, runIds: readonly string[]): Promise<RunRecord[]> {
  const ids = runIds.filter(isUuid);
  if (ids.length === 0) return [];
  const { rows } = await pool.query<RunRow>(
    `SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.id = ANY($2::uuid[])`,
    [workspaceId, ids],
  );
  return rows.map(toRun);
}
