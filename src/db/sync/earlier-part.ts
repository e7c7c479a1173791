import type { RunCounts } from '../../core/run.ts';
import type { RunReport } from '../../core/sync-store.ts';
import { byList } from '../planner-hints.ts';
import type { AppliedCounts } from '../run/run-row.ts';
import { type Attempt, key, transaction } from './attempt.ts';
import { isShown } from './shown-rows.ts';

type Row = AppliedCounts & { again: number };

/**
 * Adds to a plan's counts what an earlier plan of the same run changed before it was lost. The people whom that one brought in
 * are unchanged for this plan, and count as what they were. Somebody whom this plan changes once more, or has lost, counts twice,
 * and is twice in scope.
 */
export const withEarlierPart = async (attempt: Attempt, change: RunReport): Promise<RunReport> => {
  const { counts } = change;
  if (attempt.base === 0 || counts === undefined) return change;
  const earlier = await readEarlier(attempt);
  const { inScope = 0, unchanged = 0 } = counts;
  const brought = earlier.created + earlier.updated + earlier.linked + earlier.reactivated;
  const known = Math.min(unchanged, brought - earlier.again);
  const sums: Partial<RunCounts> = { ...counts, inScope: inScope + brought - known, unchanged: unchanged - known };
  for (const action of ['created', 'updated', 'linked', 'reactivated', 'deactivated', 'deleted'] as const)
    if (counts[action] !== undefined) sums[action] = counts[action] + earlier[action];
  return { ...change, counts: sums };
};

/** `again`: people whom the earlier plan brought in, and of whom this one has something to tell. */
const readEarlier = (attempt: Attempt): Promise<Row> =>
  transaction(attempt, async (client) => {
    await client.query(byList);
    const { rows } = await client.query<{ applied_before: AppliedCounts; again: number }>(
      `SELECT applied_before, (
         SELECT count(*)::int FROM contact_change AS earlier
         WHERE earlier.workspace_id = $1 AND earlier.change_set = $2 AND earlier.position < $3
           AND earlier.action IN ('CREATE', 'UPDATE', 'LINK', 'REACTIVATE') AND earlier.person_id IN (
             SELECT change.person_id FROM plan_row AS change
             WHERE change.workspace_id = $1 AND change.run_id = $2
               AND ${isShown('change')})) AS again
       FROM run WHERE workspace_id = $1 AND id = $2`,
      [...key(attempt), attempt.base],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('A run that is worked on is gone.');
    return { ...row.applied_before, again: row.again };
  });
