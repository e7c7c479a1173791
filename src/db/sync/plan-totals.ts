import type { ChangeAction } from '../../core/run.ts';
import type { EmptiedQuestion, PlanTotals } from '../../core/sync-store.ts';
import type { Attempt } from './attempt.ts';
import { countEmptied, fedContacts } from './count-emptied.ts';
import { type ActionRow, type PlanOutline, rowsOf } from './plan-outline.ts';

export type PlanCounts = PlanTotals['counts'];

const countOf: Record<ChangeAction, keyof PlanCounts | null> = {
  CREATE: 'created',
  UPDATE: 'updated',
  LINK: 'linked',
  REACTIVATE: 'reactivated',
  DEACTIVATE: 'deactivated',
  DELETE: 'deleted',
  SKIP: 'skipped',
  NONE: null,
};

/** Changes to contacts whose person is in scope no more, and so is none of those whom the counts add up to. */
const isRemoval = (action: ChangeAction): boolean => action === 'DEACTIVATE' || action === 'DELETE';

const counterOf = ({ action, outcome, refresh }: ActionRow): keyof PlanCounts | null => {
  if (outcome === 'FAILED') return 'failed';
  if (outcome === 'LEFT_ALONE') return isRemoval(action) ? null : 'skipped';
  return refresh ? 'unchanged' : countOf[action];
};

/** What rows of the plan, grouped by action and outcome, come to. */
export const countActions = (rows: readonly ActionRow[]): PlanCounts => {
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
};

/**
 * What a plan comes to of which nothing is applied yet; contacts are counted only where somebody is newly gone, or where many
 * lose what they have.
 */
export const planTotals = async (
  attempt: Attempt,
  { open }: PlanOutline,
  newlyGone: number,
  emptied: EmptiedQuestion,
): Promise<PlanTotals> => {
  const counts = countActions(rowsOf(open));
  return {
    counts,
    newlyGone,
    activeBefore: newlyGone === 0 ? 0 : await countActive(attempt),
    emptied: counts.updated < emptied.atLeast ? [] : await countEmptied(attempt, emptied),
  };
};

const countActive = async ({ patience, workspaceId, connectionId }: Attempt): Promise<number> => {
  const { rows } = await patience.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${fedContacts}`, [
    workspaceId,
    connectionId,
  ]);
  return rows[0]?.count ?? 0;
};
