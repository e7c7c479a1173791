import type { RunRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Query } from '../query.ts';
import { type RunRow, runColumns, toRun } from '../runs/run-row.ts';

/** The newest run of each connection; one without any is absent. */
export async function lastRuns(
  query: Query,
  workspaceId: string,
  connectionIds: readonly string[],
): Promise<RunRecord[]> {
  const rows = await query<RunRow>(
    `SELECT run.* FROM unnest($2::uuid[]) AS wanted (connection_id) CROSS JOIN LATERAL (
       SELECT ${runColumns} FROM run
       WHERE run.workspace_id = $1 AND run.connection_id = wanted.connection_id
       ORDER BY run.queued_at DESC, run.id DESC LIMIT 1) AS run`,
    [workspaceId, [...new Set(connectionIds.filter(isUuid))]],
  );
  return rows.map(toRun);
}
