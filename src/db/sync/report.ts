import type { PoolClient } from 'pg';
import type { NewLogLine } from '../../core/run.ts';
import type { RunReport } from '../../core/sync-store.ts';
import { moveRun } from '../run/life/move-run.ts';
import { appendLines } from '../run/log/append-lines.ts';
import { tellRun } from '../signals/open-run-signals.ts';
import { type Attempt, fenced, fencedOff, key, transaction } from './attempt.ts';
import { keepMemory } from './kept-memory.ts';

/** Changes the run's state, adds lines to its log and notifies other processes, in one transaction. */
export function report(attempt: Attempt, change: RunReport): Promise<void> {
  return transaction(attempt, async (client) => {
    // A crash of the database may lose the progress of a read. Not waiting for the disk keeps the lock on the run's row short.
    if (isProgress(change)) await client.query('SET LOCAL synchronous_commit = off');
    await reportIn(client, attempt, change);
  });
}

function isProgress({ event, lines = [] }: RunReport): boolean {
  return event === undefined && lines.length === 0;
}

/** Does what `report` does inside the caller's transaction. */
export async function reportIn(client: PoolClient, attempt: Attempt, change: RunReport): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE run SET
       counts = counts || coalesce($4::jsonb, '{}'),
       excluded = coalesce($5::jsonb, excluded),
       progress = CASE WHEN $6 THEN $7 ELSE progress END,
       hold_reasons = coalesce($8::text[], hold_reasons),
       mode = coalesce($11, mode),
       mode_reason = coalesce($12, mode_reason),
       read_summary = CASE WHEN $9 THEN $10::jsonb ELSE read_summary END,
       changed_at = clock_timestamp()
     WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING'`,
    [
      ...key(attempt),
      attempt.attempt,
      json(change.counts),
      json(change.excluded),
      change.progress !== undefined,
      change.progress ?? null,
      change.holdReasons ?? null,
      change.readSummary !== undefined,
      json(change.readSummary),
      change.mode?.mode ?? null,
      change.mode?.reason ?? null,
    ],
  );
  if (rowCount !== 1) throw fencedOff();
  if (change.memory !== undefined) await keepMemory(client, attempt, change.memory);
  if (change.event === 'CHECKED') await noteMemory(client, attempt);
  if (change.event === undefined) await tellRun(client, attempt);
  else await moveRun(client, attempt, { event: change.event, attempt: attempt.attempt });
  await appendLines(client, attempt.workspaceId, attempt.runId, change.lines ?? []);
}

/** Notes the token of the server memory with the run: a plan that is applied at once is lost in a crash of the server. */
function noteMemory(client: PoolClient, attempt: Attempt) {
  return client.query(
    'UPDATE run SET plan_memory = (SELECT token FROM server_memory) WHERE workspace_id = $1 AND id = $2',
    key(attempt),
  );
}

function json(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

/** Deletes what an earlier attempt staged. Adds the line unless an earlier attempt has added it. */
export function begin(attempt: Attempt, line: NewLogLine): Promise<void> {
  return fenced(attempt, async (client) => {
    await client.query('DELETE FROM plan_row WHERE workspace_id = $1 AND run_id = $2', key(attempt));
    const { rowCount } = await client.query(
      'SELECT FROM run_log WHERE workspace_id = $1 AND run_id = $2 AND code = $3 LIMIT 1',
      [...key(attempt), line.code],
    );
    await reportIn(client, attempt, { progress: null, lines: rowCount === 0 ? [line] : [] });
  });
}
