import { inTurn } from '../../../core/fair-turns.ts';
import { countRows } from '../../../core/plan-counts.ts';
import type { RunRow } from '../../run/run-row.ts';
import { type Attempt, fencedOff, key, lockConnection, transaction } from '../attempt.ts';
import { batchOf, isOnlyNew, type PlanOutline, rowsOf, sumOf } from '../plan-outline.ts';
import { applyBatch, type BatchEnd, type BatchProgress, type OnBatch } from './apply-batch.ts';

/**
 * How many batches of new people are under way at a time. They change nothing that exists, so they can't block each other. While
 * one commits, the next one writes contacts, and the one after that writes history and links.
 */
const batchesAtOnce = 3;

/**
 * Applies the plan from the position it has reached. While a batch of new people commits, the next ones are written on other
 * connections. Batches commit in the plan's order. Batches that change existing contacts go one at a time.
 */
export async function applyPlan(
  attempt: Attempt,
  outline: PlanOutline,
  onBatch: OnBatch,
  signal: AbortSignal,
): Promise<void> {
  const { position, applied } = await startApplying(attempt, outline);
  const progress: BatchProgress = {
    applied,
    total: applied + sumOf(rowsOf(outline.open)),
    onBatch,
    turns: { history: inTurn(1), contacts: inTurn(1) },
  };
  const underWay: Promise<BatchEnd>[] = [];
  let previous: Promise<BatchEnd> = Promise.resolve({ position });
  try {
    for (const stretch of outline.open) {
      if (signal.aborted) break;
      const batch = batchOf(stretch);
      if (!isOnlyNew(batch)) await previous;
      previous = applyBatch(attempt, batch, previous, progress);
      // The code that waits for it gets a failure. Until then it must not count as an unhandled rejection.
      previous.catch(() => {});
      underWay.push(previous);
      if (!isOnlyNew(batch)) await previous;
      if (underWay.length >= batchesAtOnce) await underWay.shift();
    }
    await previous;
  } finally {
    await Promise.allSettled(underWay);
  }
}

type Row = Pick<RunRow, 'applied_position' | 'applied_before'> & { applied: number };

/**
 * Returns the position up to which the plan is applied, and the number of rows until there. A run that goes on has its counts. For
 * a run that begins, the counts are set to what is true before any row is applied.
 */
export function startApplying(attempt: Attempt, { open }: PlanOutline): Promise<{ position: number; applied: number }> {
  return transaction(attempt, async (client) => {
    await lockConnection(client, attempt);
    const { rows } = await client.query<Row>(
      `SELECT applied_position, applied_before, CASE WHEN applied_position = 0 THEN 0 ELSE (
         SELECT count(*) FROM contact_change AS change
         WHERE change.workspace_id = $1 AND change.change_set = $2 AND change.position > $4) END::int AS applied
       FROM run WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING' FOR UPDATE`,
      [...key(attempt), attempt.attempt, attempt.base],
    );
    const run = rows[0];
    if (run === undefined) throw fencedOff();
    if (run.applied_position === '0') {
      // People skipped by the plan count from the start. Unchanged people have no row that counts here.
      const { unchanged: _, ...counts } = countRows(rowsOf(open).filter(({ action }) => action === 'SKIP'));
      await client.query(
        `UPDATE run SET counts = counts || $3::jsonb, changed_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2`,
        [...key(attempt), JSON.stringify({ ...counts, ...run.applied_before })],
      );
    }
    // If a read of everybody is applied only in part, the cursor of the read before is no longer valid, unless those who are not
    // settled are looked at again all the same.
    await client.query(
      `UPDATE connection SET read_cursor = NULL FROM run
       WHERE run.workspace_id = $1 AND run.id = $2 AND run.read_summary->>'extent' = 'everybody'
         AND run.read_summary#>'{readOn,evenAfterSkips}' IS DISTINCT FROM 'true' AND connection.workspace_id = $1 AND connection.id = run.connection_id AND connection.read_cursor IS NOT NULL`,
      key(attempt),
    );
    return { position: Number(run.applied_position), applied: run.applied };
  });
}
