import type { PoolClient } from 'pg';
import { type RunRow, runColumns } from './run-row.ts';

/** The one run of the connection that has not ended, if there is one. */
export async function unendedRun(
  client: PoolClient,
  workspaceId: string,
  connectionId: string,
): Promise<RunRow | null> {
  const { rows } = await client.query<RunRow>(
    `SELECT ${runColumns} FROM run
     WHERE run.workspace_id = $1 AND run.connection_id = $2 AND run.status IN ('QUEUED', 'RUNNING', 'HELD')`,
    [workspaceId, connectionId],
  );
  return rows[0] ?? null;
}
