import type { PoolClient } from 'pg';
import { personSkipped } from '../../core/change-line.ts';
import type { RunReport } from '../../core/sync-store.ts';
import { type Attempt, fencedOff, key, transaction } from './attempt.ts';
import { keepPlan } from './keep-plan.ts';
import { reportIn } from './report.ts';
import { isShown, shownName } from './shown-rows.ts';

/**
 * Adds the WARN line of each skipped person and of each remark (if there is any), then the report, all in one transaction. A
 * plan that is not applied at once is kept with it.
 */
export const reportPlan = (attempt: Attempt, change: RunReport, anyLines: boolean): Promise<void> =>
  transaction(attempt, async (client) => {
    if (anyLines) await warn(client, attempt);
    await reportIn(client, attempt, change);
    if (change.event === 'HELD') await keepPlan(client, attempt, 'whole');
    if (change.event === 'SUCCEEDED') await keepPlan(client, attempt, 'shown');
  });

const warn = async (client: PoolClient, attempt: Attempt): Promise<void> => {
  const { rows } = await client.query<{ last_seq: number }>(
    `SELECT last_seq FROM run WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING' FOR UPDATE`,
    [...key(attempt), attempt.attempt],
  );
  const run = rows[0];
  if (run === undefined) throw fencedOff();
  const { rowCount } = await client.query(
    `INSERT INTO run_log (workspace_id, run_id, seq, last_seq, at, level, code, message, person, person_id, contact_id)
     SELECT $1, $2, $3 + n, $3 + n, clock_timestamp(), 'WARN', code, message, person, person_id, contact_id
     FROM (
       SELECT (row_number() OVER (ORDER BY position, told))::int AS n, line.code, line.message, person, person_id,
         CASE action WHEN 'CREATE' THEN NULL ELSE contact_id END AS contact_id
       FROM plan_row, LATERAL (VALUES
         (1, plan_row.code, CASE action WHEN 'SKIP' THEN format($4, ${shownName('plan_row')}, reason) END),
         (2, 'MALFORMED_VALUE', CASE WHEN action <> 'SKIP' THEN remark END)) AS line (told, code, message)
       WHERE workspace_id = $1 AND run_id = $2 AND (action = 'SKIP' OR remark IS NOT NULL) AND line.message IS NOT NULL
         AND ${isShown('plan_row')}
     ) AS lines`,
    [...key(attempt), run.last_seq, personSkipped('%1$s', '%2$s')],
  );
  await client.query(`UPDATE run SET last_seq = last_seq + $3 WHERE workspace_id = $1 AND id = $2`, [
    ...key(attempt),
    rowCount ?? 0,
  ]);
};
