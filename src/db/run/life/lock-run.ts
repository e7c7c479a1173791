import type { PoolClient } from 'pg';
import { isUuid } from '../../../core/uuid.ts';
import { type RunRow, runColumns } from '../run-row.ts';

/**
 * The run, locked until the transaction ends, so that its state and its log have one writer. Null: no such run. `end` is for
 * those who end the run or give it to another worker: it also waits for what the worker is just writing, and lets it write
 * nothing new.
 */
export async function lockRun(
  client: PoolClient,
  workspaceId: string,
  runId: string,
  to: 'write' | 'end',
): Promise<RunRow | null> {
  if (!isUuid(runId)) return null;
  const { rows } = await client.query<RunRow>(
    `SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.id = $2 FOR ${to === 'end' ? 'UPDATE' : 'NO KEY UPDATE'}`,
    [workspaceId, runId],
  );
  return rows[0] ?? null;
}
