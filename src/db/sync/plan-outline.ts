import type { PlanRows } from '../../core/plan-counts.ts';
import type { ChangeAction } from '../../core/run.ts';
import { planPositions } from '../../core/sync-store.ts';
import { type Attempt, key } from './attempt.ts';

/**
 * How many rows are applied in one transaction. More would hide the progress from viewers, fewer would make commits
 * expensive.
 */
const rowsAtOnce = 5000;

/** A part of the plan that is applied in one transaction: positions `first` to `last`, and the kinds of its rows. */
export type Stretch = { first: number; last: number; rows: readonly PlanRows[] };

/** The stretches to be applied, in order. `told`: the number of rows that need a log line besides the change itself. */
export type PlanOutline = { open: readonly Stretch[]; told: number };

type Row = PlanRows & { stretch: string; first: string; last: string; told: number };

/** Reads the plan once. All addresses that pass from one contact to another are in one stretch. */
export async function readOutline(attempt: Attempt): Promise<PlanOutline> {
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
}

function stretchOf(rows: readonly Row[]): Stretch {
  return {
    first: Math.min(...rows.map(({ first }) => Number(first))),
    last: Math.max(...rows.map(({ last }) => Number(last))),
    rows,
  };
}

/** The kinds of rows of these stretches. */
export function rowsOf(stretches: readonly Stretch[]): PlanRows[] {
  return stretches.flatMap(({ rows }) => rows);
}

export function sumOf(rows: readonly PlanRows[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0);
}

/** A stretch, with the number of rows of each action. */
export type Batch = { first: number; last: number; rows: number; actions: ReadonlyMap<ChangeAction, number> };

export function batchOf({ first, last, rows }: Stretch): Batch {
  const actions = new Map<ChangeAction, number>();
  for (const { action, count } of rows) actions.set(action, (actions.get(action) ?? 0) + count);
  return { first, last, rows: [...actions.values()].reduce((sum, count) => sum + count, 0), actions };
}

/** Whether a batch changes nothing that exists. */
export function isOnlyNew({ first, actions }: Batch): boolean {
  return (
    first >= planPositions.people && [...actions.keys()].every((action) => action === 'CREATE' || action === 'SKIP')
  );
}
