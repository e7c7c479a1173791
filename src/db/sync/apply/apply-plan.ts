import type { Attempt } from '../attempt.ts';
import { type PlanOutline, rowsOf, sumOf } from '../plan-outline.ts';
import { applyBatch, type BatchEnd, type BatchProgress, type OnBatch } from './apply-batch.ts';
import { batchOf, isOnlyNew } from './batches.ts';
import { startApplying } from './start-applying.ts';

/**
 * Batches of new people under way at a time: they touch nothing that exists, so they can't stand in each other's way. While one
 * commits, two are being written.
 */
const batchesAtOnce = 3;

/**
 * Applies the plan from where it stands. While one batch of new people commits, the next is prepared on another connection;
 * they commit in the plan's order. Anything that touches what exists goes one batch at a time.
 */
export const applyPlan = async (
  attempt: Attempt,
  outline: PlanOutline,
  onBatch: OnBatch,
  signal: AbortSignal,
): Promise<void> => {
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
};
