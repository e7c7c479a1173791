import type { ChangeAction } from '../../../core/run.ts';
import { planPositions } from '../../../core/sync-store.ts';
import type { Stretch } from '../plan-outline.ts';

/** A stretch of the plan, positions `first` to `last`, with how many rows of each action it has. */
export type Batch = { first: number; last: number; rows: number; actions: ReadonlyMap<ChangeAction, number> };

export const batchOf = ({ first, last, rows }: Stretch): Batch => {
  const actions = new Map<ChangeAction, number>();
  for (const { action, count } of rows) actions.set(action, (actions.get(action) ?? 0) + count);
  return { first, last, rows: [...actions.values()].reduce((sum, count) => sum + count, 0), actions };
};

/** Whether a batch touches nothing that exists. */
export const isOnlyNew = ({ first, actions }: Batch): boolean =>
  first >= planPositions.people && [...actions.keys()].every((action) => action === 'CREATE' || action === 'SKIP');
