import { tellUnchanged } from '../../contact/write-history.ts';
import { inStretch, params, type Range, rowsOf, setOf } from './range.ts';

/**
 * What else is shown of the stretch: people who were left alone, and absences of which nothing is noted. Looked up row by row
 * where it may be told already, which a condition of its own would make a join: a planner without statistics goes through all
 * that is told for each.
 */
export const tellRest = async (range: Range): Promise<void> => {
  const rest = `${inStretch} AND (change.action = 'SKIP' OR change.outcome IS NOT NULL
    OR change.stays <> 'AS_BEFORE' AND NOT EXISTS (
      SELECT FROM contact_change AS told WHERE told.workspace_id = change.workspace_id AND told.change_set = change.run_id
        AND told.position = change.position + ${range.attempt.base}))`;
  await tellUnchanged(setOf(range), rowsOf(range, rest));
};

/** Ends what the stretch has in the plan, once the history tells it. */
export const dropPlanRows = async (range: Range): Promise<void> => {
  await range.client.query(`DELETE FROM ${range.attempt.plan} AS change WHERE ${inStretch}`, params(range));
};
