import type { RunRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Query } from '../query.ts';
import { type RunRow, runColumns, toRun } from '../runs/run-row.ts';

/** Those there are, in no particular order. */
export async function runsByIds(query: Query, workspaceId: string, ids: readonly string[]): Promise<RunRecord[]> {
  const rows = await query<RunRow>(
    `SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.id = ANY($2::uuid[])`,
    [workspaceId, ids.filter(isUuid)],
  );
  return rows.map(toRun);
}
