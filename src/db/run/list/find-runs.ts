import type { RunRecord } from '../../../core/records.ts';
import { isUuid } from '../../../core/uuid.ts';
import type { Query } from '../../query.ts';
import { type RunRow, runColumns, toRun } from '../run-row.ts';

/** The runs with these ids. Skips unknown and malformed ids. In no particular order. */
export async function findRuns(query: Query, workspaceId: string, runIds: readonly string[]): Promise<RunRecord[]> {
  const ids = runIds.filter(isUuid);
  if (ids.length === 0) return [];
  const rows = await query<RunRow>(
    `SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.id = ANY($2::uuid[])`,
    [workspaceId, ids],
  );
  return rows.map(toRun);
}

/** Runs of the workspace that have not ended, or were queued after `since`. In no particular order. */
export async function recentRuns(query: Query, workspaceId: string, since: Date): Promise<RunRecord[]> {
  const rows = await query<RunRow>(
    `SELECT ${runColumns} FROM open_run JOIN run ON run.workspace_id = open_run.workspace_id AND run.id = open_run.run_id
     WHERE open_run.workspace_id = $1
     UNION
     SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.queued_at > $2`,
    [workspaceId, since],
  );
  return rows.map(toRun);
}

/** The newest run of each connection. A connection without runs has none in the list. */
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
