import type { Stays } from './plan.ts';
import type { ChangeAction, RunCounts } from './run.ts';

/** Rows of a plan that are alike. `outcome`: of applying; null: applied as planned, or not yet. */
export type PlanRows = {
  action: ChangeAction;
  stays: Stays | null;
  outcome: 'FAILED' | 'LEFT_ALONE' | null;
  count: number;
};

/** What a plan comes to; `read` and `inScope` are the read's. */
export type PlanCounts = Omit<RunCounts, 'read' | 'inScope'>;
type Counter = keyof PlanCounts;

const counterOfAction: Record<ChangeAction, Counter | null> = {
  CREATE: 'created',
  UPDATE: 'updated',
  LINK: 'linked',
  REACTIVATE: 'reactivated',
  DEACTIVATE: 'deactivated',
  DELETE: 'deleted',
  SKIP: 'skipped',
  NONE: null,
};

/** Of contacts whose person is not in scope any more, and so is none of those whom the counts add up to. */
function isRemoval(action: ChangeAction): boolean {
  return action === 'DEACTIVATE' || action === 'DELETE';
}

/** Which count such a row is part of. */
function counterOf({ action, stays, outcome }: PlanRows): Counter | null {
  switch (outcome) {
    case 'FAILED':
      return 'failed';
    case 'LEFT_ALONE':
      return isRemoval(action) ? null : 'skipped';
    case null:
      return stays === 'AS_BEFORE' ? 'unchanged' : counterOfAction[action];
  }
}

/** What these rows come to. Pure. */
export function countRows(rows: readonly PlanRows[]): PlanCounts {
  const counts: PlanCounts = {
    created: 0,
    updated: 0,
    unchanged: 0,
    linked: 0,
    deactivated: 0,
    reactivated: 0,
    deleted: 0,
    skipped: 0,
    failed: 0,
  };
  for (const row of rows) {
    const counter = counterOf(row);
    if (counter !== null) counts[counter] += row.count;
  }
  return counts;
}
