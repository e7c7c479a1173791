import type { Pool, PoolClient } from 'pg';
import { isShown } from '../change/change-record.ts';
import { fieldColumns } from '../contact/contact-columns.ts';
import { inTransaction } from '../in-transaction.ts';

/** What is shown of a plan. */
const shown = `workspace_id, run_id, position, action, person, person_id, stays, contact_id, contact_name, before, ${fieldColumns},
  code, reason, outcome`;
/** What is needed to apply it, too. */
const whole = `${shown}, contact_version, link_recheck, hash, fills_id, email_key, name_key, company_key, words, search`;

/**
 * Puts a run's plan where a crash of the server does not reach it: `whole`, to be applied later, or as it is shown. The rows
 * leave `plan_row` in the same transaction, so that each is in one place.
 */
export async function keepPlan(
  client: PoolClient,
  { workspaceId, runId }: { workspaceId: string; runId: string },
  what: 'whole' | 'shown',
): Promise<void> {
  const [columns, some] = what === 'whole' ? [whole, 'true'] : [shown, isShown('plan_row')];
  await client.query(
    `INSERT INTO kept_plan_row (${columns})
     SELECT ${columns} FROM plan_row WHERE workspace_id = $1 AND run_id = $2 AND ${some} ORDER BY position`,
    [workspaceId, runId],
  );
  await client.query('DELETE FROM plan_row WHERE workspace_id = $1 AND run_id = $2', [workspaceId, runId]);
}

/**
 * Keeps, to be shown, what is left of plans whose run has ended before all of it was applied. Any number of processes may
 * try.
 */
export async function keepLeftPlans(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ workspace_id: string; run_id: string }>(leftPlans);
  for (const { workspace_id: workspaceId, run_id: runId } of rows)
    await inTransaction(pool, async (client) => {
      const { rowCount } = await client.query(
        'SELECT FROM run WHERE run.workspace_id = $1 AND run.id = $2 FOR NO KEY UPDATE SKIP LOCKED',
        [workspaceId, runId],
      );
      if (rowCount === 1) await keepPlan(client, { workspaceId, runId }, 'shown');
    });
}

/** Steps from run to run through the key: there are few, and of one there may be a million rows. */
const leftPlans = `
  WITH RECURSIVE planned AS (
    (SELECT plan_row.workspace_id, plan_row.run_id FROM plan_row ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT next.workspace_id, next.run_id FROM planned, LATERAL (
      SELECT plan_row.workspace_id, plan_row.run_id FROM plan_row
      WHERE (plan_row.workspace_id, plan_row.run_id) > (planned.workspace_id, planned.run_id) ORDER BY 1, 2 LIMIT 1) AS next)
  SELECT planned.workspace_id, planned.run_id FROM planned
  JOIN run ON run.workspace_id = planned.workspace_id AND run.id = planned.run_id AND run.finished_at IS NOT NULL`;
