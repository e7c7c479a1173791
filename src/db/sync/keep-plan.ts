import type { Pool, PoolClient } from 'pg';
import { isShown } from '../change/change-record.ts';
import { fieldColumns } from '../contact/contact-columns.ts';
import { inTransaction } from '../in-transaction.ts';

/** The columns needed to show a plan. */
const shown = `workspace_id, run_id, position, action, person, person_id, stays, contact_id, contact_name, before, ${fieldColumns},
  code, reason, outcome`;
/** The columns needed to apply it, too. */
const whole = `${shown}, contact_version, link_recheck, hash, fills_id, person_ref, email_key, name_key, company_key,
  manager_ref, words, search`;

/**
 * Moves a run's plan to the table that survives a crash of the server: `whole`, to be applied later, or only what is shown of it.
 * The rows leave `plan_row` in the same transaction, so that each row is in one table.
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
 * Keeps what is left of plans whose run ended before all of it was applied, to be shown. Any number of processes may do this at
 * once.
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

/** Jumps from run to run along the key: the runs are few, but each may have a million rows. */
const leftPlans = `
  WITH RECURSIVE planned AS (
    (SELECT plan_row.workspace_id, plan_row.run_id FROM plan_row ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT next.workspace_id, next.run_id FROM planned, LATERAL (
      SELECT plan_row.workspace_id, plan_row.run_id FROM plan_row
      WHERE (plan_row.workspace_id, plan_row.run_id) > (planned.workspace_id, planned.run_id) ORDER BY 1, 2 LIMIT 1) AS next)
  SELECT planned.workspace_id, planned.run_id FROM planned
  JOIN run ON run.workspace_id = planned.workspace_id AND run.id = planned.run_id AND run.finished_at IS NOT NULL`;
