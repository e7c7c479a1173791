import type { PoolClient } from 'pg';
import type { Actor } from '../../../core/access.ts';
import type { RunRecord } from '../../../core/records.ts';
import { isEnded } from '../../../core/run.ts';
import { isUuid } from '../../../core/uuid.ts';
import { tellRun } from '../../signals/open-run-signals.ts';
import { type RunRow, runColumns, toRun } from '../run-row.ts';
import { closeRun } from './close-run.ts';

/**
 * Ends a QUEUED or HELD run at once. For a RUNNING one it notes a request: the worker is notified and ends the run, or, if the
 * worker is dead, the process that finds that out. Nothing here waits for a lock on the run, because a frozen worker may hold it
 * for long.
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
  // Somebody has locked it. They will see the request, or the next look for lost runs will.
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

/** Stores the request to stop the run. The first request stays. */
async function requestCancel(client: PoolClient, workspaceId: string, runId: string, by: Actor): Promise<void> {
  await client.query(
    `INSERT INTO run_cancel (workspace_id, run_id, requested_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [workspaceId, runId, by],
  );
}

/** The person who wants the run to stop. Null: nobody. */
export async function cancelRequest(client: PoolClient, workspaceId: string, runId: string): Promise<Actor | null> {
  const { rows } = await client.query<{ by: Actor }>(
    'SELECT run_cancel.requested_by AS by FROM run_cancel WHERE run_cancel.workspace_id = $1 AND run_cancel.run_id = $2',
    [workspaceId, runId],
  );
  return rows[0]?.by ?? null;
}

/** SQL: deletes the requests for runs that have ended. */
export const dropOldRequests = `
  DELETE FROM run_cancel WHERE NOT EXISTS (
    SELECT FROM open_run WHERE open_run.workspace_id = run_cancel.workspace_id AND open_run.run_id = run_cancel.run_id)`;

/**
 * Turns Contact Sync on or off. Turning it off also cancels the open runs, in the same transaction. A start locks the workspace's
 * row before it inserts its run. So it comes before us and its run is cancelled, or after us and finds Contact Sync off.
 */
export async function setContactSyncEnabled(
  client: PoolClient,
  workspaceId: string,
  enabled: boolean,
  by: Actor,
): Promise<void> {
  await client.query('UPDATE workspace SET contact_sync_enabled = $2 WHERE workspace.id = $1', [workspaceId, enabled]);
  if (enabled) return;
  const { rows } = await client.query<{ id: string }>(
    'SELECT open_run.run_id AS id FROM open_run WHERE open_run.workspace_id = $1 ORDER BY open_run.run_id',
    [workspaceId],
  );
  for (const { id } of rows) await cancelRun(client, workspaceId, id, by);
}
