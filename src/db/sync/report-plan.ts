import type { PoolClient } from 'pg';
import { personSkipped } from '../../core/change-line.ts';
import type { RunCounts } from '../../core/run.ts';
import type { QualityFacts, RunReport } from '../../core/sync-store.ts';
import { isShown, shownName } from '../change/change-record.ts';
import { byList } from '../planner-hints.ts';
import type { AppliedCounts } from '../run/run-row.ts';
import { type Attempt, fencedOff, key, transaction } from './attempt.ts';
import { keepPlan } from './keep-plan.ts';
import { noteFindings } from './note-findings.ts';
import { reportIn } from './report.ts';

/**
 * Adds a WARN line for each skipped person and each remark (`anyTold`: there are some), the run's findings, and the report, in one
 * transaction. If the plan is not applied at once, the same transaction keeps it.
 */
export function reportPlan(
  attempt: Attempt,
  change: RunReport,
  { quality, anyTold }: { quality: QualityFacts | null; anyTold: boolean },
): Promise<void> {
  return transaction(attempt, async (client) => {
    if (anyTold) await warn(client, attempt);
    await reportIn(client, attempt, change);
    if (quality !== null) await noteFindings(client, attempt, { ...quality, anyTold });
    if (change.event === 'HELD') await keepPlan(client, attempt, 'whole');
    if (change.event === 'SUCCEEDED') await keepPlan(client, attempt, 'shown');
  });
}

async function warn(client: PoolClient, attempt: Attempt): Promise<void> {
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
}

type Row = AppliedCounts & { again: number };

/**
 * Adds to a plan's counts the changes of an earlier plan of the same run, which was lost while it was applied. For the new plan,
 * people whom the earlier one brought in are unchanged; they are counted as before (created, updated, ...). A person whom the
 * new plan changes again, or who is gone by now, counts twice, also in `inScope`.
 */
export async function withEarlierPart(attempt: Attempt, change: RunReport): Promise<RunReport> {
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
}

/** `again`: the number of people whom the earlier plan brought in and this one changes, too. */
function readEarlier(attempt: Attempt): Promise<Row> {
  return transaction(attempt, async (client) => {
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
}
