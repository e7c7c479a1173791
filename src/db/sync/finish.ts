import type { PoolClient } from 'pg';
import type { NewLogLine, RunCounts } from '../../core/run.ts';
import { endOfApplying } from '../../core/run-state.ts';
import type { ReadSummary } from '../../core/sync-store.ts';
import { moveRun } from '../run/life/move-run.ts';
import { appendLines } from '../run/log/append-lines.ts';
import { type Attempt, fencedOff, key, transaction } from './attempt.ts';
import { refreshStatistics, settleSearch } from './settle-tables.ts';

type Row = { counts: RunCounts; read_summary: ReadSummary | null; connection_version: number };

/**
 * Ends the run SUCCEEDED, or PARTIAL when somebody failed, and remembers a complete read with the connection. The search finds
 * everybody by then; what makes it quicker, and the planner's statistics, follow.
 */
export async function finish(attempt: Attempt, summary: (counts: RunCounts) => NewLogLine): Promise<void> {
  const { created, updated, linked } = await endRun(attempt, summary);
  await settleSearch(attempt);
  await refreshStatistics(attempt, created + updated + linked);
}

function endRun(attempt: Attempt, summary: (counts: RunCounts) => NewLogLine): Promise<RunCounts> {
  return transaction(attempt, async (client) => {
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
 * A complete read is remembered with the connection, and where the next one may go on from; the latter not when somebody failed,
 * who would not be told of again. Nor when somebody of everybody was skipped: what kept them out may be gone by the next run.
 */
async function rememberRead(
  client: PoolClient,
  { workspaceId, connectionId }: Attempt,
  { counts, read_summary, connection_version: version }: Row,
): Promise<void> {
  const { complete = null, readOn = null } = read_summary ?? {};
  if (complete !== null)
    await client.query(
      `UPDATE connection SET last_complete_read_at = $3, referrals = $4 WHERE workspace_id = $1 AND id = $2`,
      [workspaceId, connectionId, complete.at, complete.referrals],
    );
  const isSettled = counts.failed === 0 && (counts.skipped === 0 || read_summary?.extent === 'changes');
  if (readOn !== null && isSettled)
    await client.query(`UPDATE connection SET read_cursor = $3 WHERE workspace_id = $1 AND id = $2`, [
      workspaceId,
      connectionId,
      readOn.from === null ? null : JSON.stringify({ ...readOn.from, version }),
    ]);
}
