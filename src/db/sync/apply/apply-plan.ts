import { countRows } from '../../../core/plan-counts.ts';
import type { RunRow } from '../../run/run-row.ts';
import { type Attempt, fencedOff, key, transaction } from '../attempt.ts';
import { batchOf, isOnlyNew, type PlanOutline, rowsOf, sumOf } from '../plan-outline.ts';
import { applyBatch, type BatchEnd, type BatchProgress, type OnBatch } from './apply-batch.ts';

/**
 * Batches of new people under way at a time: they touch nothing that exists, so they can't stand in each other's way. While one
 * commits, two are being written.
 */
const batchesAtOnce = 3;

/**
 * Applies the plan from where it stands. While one batch of new people commits, the next is prepared on another connection;
 * they commit in the plan's order. Anything that touches what exists goes one batch at a time.
 */
export async function applyPlan(
  attempt: Attempt,
  outline: PlanOutline,
  onBatch: OnBatch,
  signal: AbortSignal,
): Promise<void> {
  const { position, applied } = await startApplying(attempt, outline);
  const progress: BatchProgress = { applied, total: applied + sumOf(rowsOf(outline.open)), onBatch };
  const underWay: Promise<BatchEnd>[] = [];
  let previous: Promise<BatchEnd> = Promise.resolve({ position });
  try {
    for (const stretch of outline.open) {
      if (signal.aborted) break;
      const batch = batchOf(stretch);
      if (!isOnlyNew(batch)) await previous;
      previous = applyBatch(attempt, batch, previous, progress);
      // Whoever waits for it hears of a failure; until then it must not count as unhandled.
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
 * Where applying begins: the position up to which the plan is applied, and how many rows that was. A run that goes on has its
 * counts; otherwise they begin with what is there before anything of the plan is applied.
 */
export function startApplying(attempt: Attempt, { open }: PlanOutline): Promise<{ position: number; applied: number }> {
  return transaction(attempt, async (client) => {
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
      // Skipped people are so from the plan on; unchanged ones have no row, or lose it when they have been looked at.
      const { unchanged: _, ...counts } = countRows(rowsOf(open).filter(({ action }) => action === 'SKIP'));
      await client.query(
        `UPDATE run SET counts = counts || $3::jsonb, changed_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2`,
        [...key(attempt), JSON.stringify({ ...counts, ...run.applied_before })],
      );
    }
    // Where a read of everybody is applied only in part, what the last one came to is there no more.
    await client.query(
      `UPDATE connection SET read_cursor = NULL FROM run
       WHERE run.workspace_id = $1 AND run.id = $2 AND run.read_summary->>'extent' = 'everybody'
         AND connection.workspace_id = $1 AND connection.id = run.connection_id AND connection.read_cursor IS NOT NULL`,
      key(attempt),
    );
    return { position: Number(run.applied_position), applied: run.applied };
  });
}
