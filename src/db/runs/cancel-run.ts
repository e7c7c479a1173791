import type { PoolClient } from 'pg';
import type { Actor } from '../../core/access.ts';
import type { RunRecord } from '../../core/records.ts';
import { isEnded } from '../../core/run.ts';
import { closeRun } from './close-run.ts';
import { lockRun } from './lock-run.ts';
import { type RunRow, runColumns, toRun } from './run-row.ts';
import { tellRun } from './tell-run.ts';

/**
 * QUEUED and HELD end at once. A RUNNING one is marked; its worker hears of it by the signal and ends it, or, if the worker
 * is dead, whoever finds that out. Who asked first stays the one who asked.
 */
export async function cancelRun(
  client: PoolClient,
  workspaceId: string,
  runId: string,
  by: Actor,
): Promise<{ kind: 'done' | 'ended'; run: RunRecord } | { kind: 'unknown' }> {
  const run = await lockRun(client, workspaceId, runId);
  if (run === null) return { kind: 'unknown' };
  if (isEnded(run.status)) return { kind: 'ended', run: toRun(run) };
  if (run.status !== 'RUNNING') {
    return { kind: 'done', run: toRun(await closeRun(client, run, { status: 'CANCELLED', by })) };
  }
  return { kind: 'done', run: toRun(await markCancelled(client, run, by)) };
}

async function markCancelled(client: PoolClient, run: RunRow, by: Actor): Promise<RunRow> {
  if (run.cancel_requested_at !== null) return run;
  const { rows } = await client.query<RunRow>(
    `UPDATE run SET cancel_requested_at = clock_timestamp(), cancelled_by = $3, changed_at = clock_timestamp()
     WHERE run.workspace_id = $1 AND run.id = $2 RETURNING ${runColumns}`,
    [run.workspace_id, run.id, by],
  );
  await tellRun(client, { workspaceId: run.workspace_id, runId: run.id, connectionId: run.connection_id });
  return rows[0] ?? run;
}
