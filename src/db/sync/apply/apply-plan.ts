import { planPositions } from '../../../core/sync-store.ts';
import type { Attempt } from '../attempt.ts';
import { applyBatch, type BatchEnd, type BatchProgress, type OnBatch } from './apply-batch.ts';
import { type Batch, findBatch, startApplying } from './batches.ts';

/** Batches of new people under way at a time: they touch nothing that exists, so they can't stand in each other's way. */
const batchesAtOnce = 2;

/**
 * Applies the plan from where it stands. While one batch of new people commits, the next is prepared on another connection;
 * they commit in the plan's order. Anything that touches what exists goes one batch at a time.
 */
export const applyPlan = async (attempt: Attempt, onBatch: OnBatch, signal: AbortSignal): Promise<void> => {
  const start = await startApplying(attempt);
  const progress: BatchProgress = { ...start, onBatch };
  const underWay: Promise<BatchEnd>[] = [];
  let previous: Promise<BatchEnd> = Promise.resolve({ position: start.position });
  try {
    for (
      let batch = await findBatch(attempt, start.position);
      batch !== null;
      batch = await findBatch(attempt, batch.last)
    ) {
      if (signal.aborted) break;
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

const isOnlyNew = ({ first, actions }: Batch): boolean =>
  first >= planPositions.people && [...actions.keys()].every((action) => action === 'CREATE' || action === 'SKIP');
