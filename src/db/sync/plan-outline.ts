import type { PlanRows } from '../../core/plan-counts.ts';
import { planPositions } from '../../core/sync-store.ts';
import { type Attempt, key } from './attempt.ts';

/** Rows applied in one transaction: large enough that commits cost little, small enough that viewers see it move. */
const rowsAtOnce = 5000;

/** A stretch of the plan that is applied in one transaction: the positions from `first` to `last`, and what is there. */
export type Stretch = { first: number; last: number; rows: readonly PlanRows[] };

/** What is to be applied, in order. `told`: rows of which the log has something to tell besides the change itself. */
export type PlanOutline = { open: readonly Stretch[]; told: number };

type Row = PlanRows & { stretch: string; first: string; last: string; told: number };

/** Goes through the plan once. Addresses that change hands are all in one stretch. */
export const readOutline = async (attempt: Attempt): Promise<PlanOutline> => {
  const { rows } = await attempt.patience.query<Row>(
    `SELECT CASE WHEN position >= $3 AND position < $4 THEN $3 ELSE position / $5 * $5 END AS stretch,
       action, stays, outcome, count(*)::int AS count,
       min(position) AS first, max(position) AS last, (count(*) FILTER (WHERE action = 'SKIP' OR remark IS NOT NULL))::int AS told
     FROM ${attempt.plan} AS change
     WHERE change.workspace_id = $1 AND change.run_id = $2
     GROUP BY 1, 2, 3, 4`,
    [...key(attempt), planPositions.handovers, planPositions.people, rowsAtOnce],
  );
  const stretches = (some: readonly Row[]): Stretch[] =>
    [...Map.groupBy(some, ({ stretch }) => stretch).values()].map(stretchOf).sort((a, b) => a.first - b.first);
  return {
    open: stretches(rows),
    told: rows.reduce((sum, { told }) => sum + told, 0),
  };
};

const stretchOf = (rows: readonly Row[]): Stretch => ({
  first: Math.min(...rows.map(({ first }) => Number(first))),
  last: Math.max(...rows.map(({ last }) => Number(last))),
  rows,
});

/** All kinds of rows of some stretches. */
export const rowsOf = (stretches: readonly Stretch[]): PlanRows[] => stretches.flatMap(({ rows }) => rows);

export const sumOf = (rows: readonly PlanRows[]): number => rows.reduce((sum, { count }) => sum + count, 0);
