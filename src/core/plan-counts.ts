import type { Stays } from './plan.ts';
import type { ChangeAction, RunCounts } from './run.ts';

/**
 * A number of equal rows of a plan. `outcome`: the result of applying them; null: applied as planned, or not applied
 * yet.
 */
export type PlanRows = {
  action: ChangeAction;
  stays: Stays | null;
  outcome: 'FAILED' | 'LEFT_ALONE' | null;
  count: number;
};

/** The counts that follow from a plan. `read` and `inScope` come from the read. */
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

/** Whether the contact's person is no longer in scope, and so is not part of the sum of the counts. */
function isRemoval(action: ChangeAction): boolean {
  return action === 'DEACTIVATE' || action === 'DELETE';
}

/** The count that these rows belong to. */
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

/** Adds the rows up. Pure. */
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
