import type { PoolClient } from 'pg';
import type { RunReport } from '../../core/sync-store.ts';
import { appendLines } from '../run/log/append-lines.ts';
import { tellRun } from '../run/tell-run.ts';
import { type Attempt, fencedOff, key, transaction } from './attempt.ts';

/** Changes the run's state and adds lines to its log, in one transaction with the signal to other processes. */
export const report = (attempt: Attempt, change: RunReport): Promise<void> =>
  transaction(attempt, async (client) => {
    // How far a read is may be forgotten in a crash of the database. Staging waits for the run's row, so it is not held for long.
    if (isProgress(change)) await client.query('SET LOCAL synchronous_commit = off');
    await reportIn(client, attempt, change);
  });

const isProgress = ({ phase, lines = [] }: RunReport): boolean => phase === undefined && lines.length === 0;

/** The same inside a transaction that does more. */
export const reportIn = async (client: PoolClient, attempt: Attempt, change: RunReport): Promise<void> => {
  const ended = change.status === 'SUCCEEDED';
  const { rowCount } = await client.query(
    `UPDATE run SET
       phase = CASE WHEN $4::text IS NULL THEN phase ELSE $4 END,
       status = coalesce($5, status),
       counts = counts || coalesce($6::jsonb, '{}'),
       excluded = coalesce($7::jsonb, excluded),
       progress = CASE WHEN $8 THEN $9 ELSE progress END,
       hold_reasons = coalesce($10::text[], hold_reasons),
       read_summary = CASE WHEN $11 THEN $12::jsonb ELSE read_summary END,
       finished_at = CASE WHEN $13 THEN clock_timestamp() ELSE finished_at END,
       changed_at = clock_timestamp()
     WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING'`,
    [
      ...key(attempt),
      attempt.attempt,
      ended ? 'FINISHED' : change.status === 'HELD' ? 'WAITING' : (change.phase ?? null),
      change.status ?? null,
      json(change.counts),
      json(change.excluded),
      change.progress !== undefined,
      change.progress ?? null,
      change.holdReasons ?? null,
      change.completeRead !== undefined,
      json(change.completeRead),
      ended,
    ],
  );
  if (rowCount !== 1) throw fencedOff();
  await appendLines(client, attempt.workspaceId, attempt.runId, change.lines ?? []);
  await tellRun(client, attempt);
};

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value));
