import type { PoolClient } from 'pg';
import type { Actor } from '../../../core/access.ts';
import type { RunRecord } from '../../../core/records.ts';
import { isEnded } from '../../../core/run.ts';
import { isUuid } from '../../../core/uuid.ts';
import { type RunRow, runColumns, toRun } from '../run-row.ts';
import { tellRun } from '../tell-run.ts';
import { requestCancel } from './cancel-request.ts';
import { closeRun } from './close-run.ts';

/**
 * A run that is QUEUED or HELD ends at once. For a RUNNING one the wish is noted. Its worker hears of it by the signal and ends
 * the run; if the worker is dead, the process that finds that out ends it. Nothing here waits for a lock on the run: a frozen
 * worker may hold it for long.
 */
export async function cancelRun(
  client: PoolClient,
  workspaceId: string,
  runId: string,
  by: Actor,
): Promise<{ kind: 'done' | 'ended'; run: RunRecord } | { kind: 'unknown' }> {
  const seen = await findRun(client, workspaceId, runId, '');
  if (seen === null) return { kind: 'unknown' };
  if (isEnded(seen.status)) return { kind: 'ended', run: toRun(seen) };
  await requestCancel(client, workspaceId, runId, by);
  await tellRun(client, { workspaceId, runId, connectionId: seen.connection_id });
  if (seen.status === 'RUNNING') return { kind: 'done', run: toRun(seen) };
  const run = await findRun(client, workspaceId, runId, 'FOR UPDATE SKIP LOCKED');
  // Somebody has it, who will come upon the request or leave it to the next who looks for such runs.
  if (run === null || run.status === 'RUNNING') return { kind: 'done', run: toRun(run ?? seen) };
  if (isEnded(run.status)) return { kind: 'ended', run: toRun(run) };
  return { kind: 'done', run: toRun(await closeRun(client, run, { status: 'CANCELLED', by })) };
}

async function findRun(client: PoolClient, workspaceId: string, runId: string, lock: string): Promise<RunRow | null> {
  if (!isUuid(runId)) return null;
  const { rows } = await client.query<RunRow>(
    `SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.id = $2 ${lock}`,
    [workspaceId, runId],
  );
  return rows[0] ?? null;
}
