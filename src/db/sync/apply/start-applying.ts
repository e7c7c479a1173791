import { type Attempt, fencedOff, key, transaction } from '../attempt.ts';
import { type PlanOutline, rowsOf } from '../plan-outline.ts';
import { countActions } from '../plan-totals.ts';

/**
 * Where applying begins: the position up to which the plan is applied, and how many rows that was. The counts of a run of
 * which nothing is applied yet go back to nothing; those of one that goes on stand.
 */
export const startApplying = (
  attempt: Attempt,
  { open }: PlanOutline,
): Promise<{ position: number; applied: number }> =>
  transaction(attempt, async (client) => {
    const { rows } = await client.query<{ applied_position: string; applied: number }>(
      `SELECT applied_position, CASE WHEN applied_position = 0 THEN 0 ELSE (
         SELECT count(*) FROM contact_change WHERE contact_change.workspace_id = $1 AND contact_change.change_set = $2) END::int AS applied
       FROM run WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING' FOR UPDATE`,
      [...key(attempt), attempt.attempt],
    );
    const run = rows[0];
    if (run === undefined) throw fencedOff();
    if (run.applied_position === '0') {
      // Skipped people are so from the plan on; unchanged ones have no row, or lose it when they have been looked at.
      const { unchanged: _, ...counts } = countActions(rowsOf(open).filter(({ action }) => action === 'SKIP'));
      await client.query(
        `UPDATE run SET counts = counts || $3::jsonb, changed_at = clock_timestamp()
         WHERE workspace_id = $1 AND id = $2`,
        [...key(attempt), JSON.stringify(counts)],
      );
    }
    return { position: Number(run.applied_position), applied: run.applied };
  });
