import type { ChangeAction } from '../../../core/run.ts';
import { planPositions } from '../../../core/sync-store.ts';
import { inTransaction } from '../../runs/in-transaction.ts';
import { type Attempt, fencedOff, key } from '../attempt.ts';
import { type ActionRow, countActions } from '../plan-totals.ts';

/** Rows applied in one transaction: large enough that commits cost little, small enough that viewers see it move. */
const batchRows = 5000;

/** A stretch of the plan, positions `first` to `last`, with how many rows of each action it has. */
export type Batch = { first: number; last: number; rows: number; actions: ReadonlyMap<ChangeAction, number> };

type BatchRow = { action: ChangeAction; first: string; last: string; count: number };

/** The next stretch of the plan after a position; null at the end. Addresses that change hands are all in one stretch. */
export const findBatch = async (attempt: Attempt, after: number): Promise<Batch | null> => {
  const { rows } = await attempt.pool.query<BatchRow>(
    `WITH next AS (
       SELECT position, action FROM contact_change
       WHERE workspace_id = $1 AND run_id = $2 AND position > $3 AND position < $5
       ORDER BY position LIMIT CASE WHEN $4::int = 0 THEN NULL ELSE $4::int END)
     SELECT action, min(position) AS first, max(position) AS last, count(*)::int AS count FROM next GROUP BY action`,
    [...key(attempt), after, ...stretch(after)],
  );
  if (rows.length === 0) return after < planPositions.people - 1 ? findBatch(attempt, nextClass(after)) : null;
  return {
    first: Math.min(...rows.map(({ first }) => Number(first))),
    last: Math.max(...rows.map(({ last }) => Number(last))),
    rows: rows.reduce((sum, { count }) => sum + count, 0),
    actions: new Map(rows.map(({ action, count }) => [action, count])),
  };
};

/** How many rows at a time, and up to where: a stretch stays in its part of the plan. 0: all of it. */
const stretch = (after: number): [limit: number, below: number] => {
  if (after < planPositions.handovers - 1) return [batchRows, planPositions.handovers];
  if (after < planPositions.people - 1) return [0, planPositions.people];
  return [batchRows, Number.MAX_SAFE_INTEGER];
};

const nextClass = (after: number): number =>
  (after < planPositions.handovers - 1 ? planPositions.handovers : planPositions.people) - 1;

export type ApplyingStart = { position: number; applied: number; total: number };

type RunRow = { applied_position: string };

/** Moves the run to APPLYING with the counts of what is applied already, which is nothing but for a run that goes on. */
export const startApplying = (attempt: Attempt): Promise<ApplyingStart> =>
  inTransaction(attempt.pool, async (client) => {
    const { rows } = await client.query<RunRow>(
      `SELECT applied_position FROM run
       WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING' FOR UPDATE`,
      [...key(attempt), attempt.attempt],
    );
    const run = rows[0];
    if (run === undefined) throw fencedOff();
    const { rows: changes } = await client.query<ActionRow & { applied: boolean }>(
      `SELECT action, outcome, action = 'NONE' AND code IS NULL AS refresh, position <= $3 AS applied, count(*)::int AS count
       FROM contact_change WHERE workspace_id = $1 AND run_id = $2 GROUP BY 1, 2, 3, 4`,
      [...key(attempt), run.applied_position],
    );
    // Skipped people are so from the plan on; unchanged ones have no row, or lose it when they have been looked at.
    const done = countActions(changes.filter((row) => row.applied || row.action === 'SKIP'));
    const { unchanged: _, ...counts } = done;
    await client.query(
      `UPDATE run SET phase = 'APPLYING', counts = counts || $3::jsonb, changed_at = clock_timestamp()
       WHERE workspace_id = $1 AND id = $2`,
      [...key(attempt), JSON.stringify(counts)],
    );
    const sum = (some: typeof changes): number => some.reduce((total, { count }) => total + count, 0);
    return {
      position: Number(run.applied_position),
      applied: sum(changes.filter(({ applied }) => applied)),
      total: sum(changes),
    };
  });
