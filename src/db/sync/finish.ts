import type { PoolClient } from 'pg';
import type { NewLogLine, RunCounts } from '../../core/run.ts';
import { endOfApplying } from '../../core/run-state.ts';
import type { ReadSummary } from '../../core/sync-store.ts';
import { moveRun } from '../run/life/move-run.ts';
import { appendLines } from '../run/log/append-lines.ts';
import { type Attempt, fencedOff, key, lockConnection, transaction } from './attempt.ts';
import { forgetOthers } from './kept-memory.ts';
import { refreshStatistics, settleSearch } from './settle-tables.ts';

type Row = { counts: RunCounts; read_summary: ReadSummary | null; connection_version: number };

/**
 * Ends the run as SUCCEEDED, or as PARTIAL when a person failed, and notes a complete read with the connection. After that it
 * sorts the search index and refreshes the planner's statistics. The search finds everybody before that too, only slower.
 */
export async function finish(attempt: Attempt, summary: (counts: RunCounts) => NewLogLine): Promise<void> {
  const { created, updated, linked } = await endRun(attempt, summary);
  await settleSearch(attempt);
  await refreshStatistics(attempt, created + updated + linked);
}

function endRun(attempt: Attempt, summary: (counts: RunCounts) => NewLogLine): Promise<RunCounts> {
  return transaction(attempt, async (client) => {
    await lockConnection(client, attempt);
    const { rows } = await client.query<Row>(
      'SELECT counts, read_summary, connection_version FROM run WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE',
      key(attempt),
    );
    const run = rows[0];
    if (run === undefined) throw fencedOff();
    const ended = await moveRun(client, attempt, { event: endOfApplying(run.counts), attempt: attempt.attempt });
    if (ended === null) throw fencedOff();
    await appendLines(client, attempt.workspaceId, attempt.runId, [summary(run.counts)]);
    await rememberRead(client, attempt, run);
    return run.counts;
  });
}

/**
 * Notes with the connection a complete read, and the cursor from which the next read may go on. If that read will not bring people
 * again who have not changed, the cursor is not saved when a person failed, nor when a read of everybody skipped a person: the
 * reason may be gone by the next run.
 */
async function rememberRead(
  client: PoolClient,
  attempt: Attempt,
  { counts, read_summary, connection_version: version }: Row,
): Promise<void> {
  const { workspaceId, connectionId } = attempt;
  const { complete = null, readOn = null } = read_summary ?? {};
  if (complete !== null)
    await client.query(
      `UPDATE connection SET last_complete_read_at = $3, referrals = $4 WHERE workspace_id = $1 AND id = $2`,
      [workspaceId, connectionId, complete.at, complete.referrals],
    );
  if (readOn === null) return;
  const isSettled = counts.failed === 0 && (counts.skipped === 0 || read_summary?.extent === 'changes');
  if (!isSettled && !readOn.evenAfterSkips) return;
  await client.query(`UPDATE connection SET read_cursor = $3 WHERE workspace_id = $1 AND id = $2`, [
    workspaceId,
    connectionId,
    JSON.stringify({ ...readOn, version }),
  ]);
  await forgetOthers(client, attempt);
}
