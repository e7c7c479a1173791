import { type Attempt, fencedOff, key, transaction } from '../attempt.ts';
import { type PlanOutline, rowsOf } from '../plan-outline.ts';
import { countActions } from '../plan-totals.ts';

/**
 * Gives the run the counts of what is applied already, which is nothing but for a run that goes on. Resolves
 * with the position up to which that is.
 */
export const startApplying = (attempt: Attempt, { applied, open }: PlanOutline): Promise<number> =>
  transaction(attempt, async (client) => {
    const { rows } = await client.query<{ applied_position: string }>(
      `SELECT applied_position FROM run
       WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING' FOR UPDATE`,
      [...key(attempt), attempt.attempt],
    );
    const run = rows[0];
    if (run === undefined) throw fencedOff();
    // Skipped people are so from the plan on; unchanged ones have no row, or lose it when they have been looked at.
    const skipped = rowsOf(open).filter(({ action }) => action === 'SKIP');
    const { unchanged: _, ...counts } = countActions([...rowsOf(applied), ...skipped]);
    await client.query(
      `UPDATE run SET counts = counts || $3::jsonb, changed_at = clock_timestamp()
       WHERE workspace_id = $1 AND id = $2`,
      [...key(attempt), JSON.stringify(counts)],
    );
    return Number(run.applied_position);
  });
