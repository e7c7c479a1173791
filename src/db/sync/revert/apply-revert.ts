import { notTakenBack } from '../../../core/taking-back.ts';
import { isClaimed, rememberTakenBack, rowsBack, takeChangesBack } from '../../contact/take-back.ts';
import type { ChangeRows } from '../../contact/write-history.ts';
import { due, leaveChangedAlone, params, type Range, rowsOf, setOf } from '../apply/range.ts';
import { type Attempt, transaction } from '../attempt.ts';
import { historyOf } from './plan-revert.ts';

/** Applies a stretch of the plan of a revert. */
export async function takeStretchBack(range: Range): Promise<void> {
  await leaveChangedAlone(range, `'UPDATE', 'REACTIVATE', 'DEACTIVATE', 'DELETE', 'NONE'`);
  await leaveClaimedAlone(range);
  await takeChangesBack(setOf(range), (actions) => rowsWith(range, due(actions)));
}

function rowsWith(range: Range, where: string): ChangeRows {
  return { ...rowsOf(range, where), ...rowsBack(range.attempt.plan, params(range), historyOf(range.attempt)) };
}

/**
 * Leaves contacts alone whose person the connection has linked to another contact since, and those that exist again. They are found
 * first and marked then: as one statement, the planner would join the stretch with itself, row by row.
 */
async function leaveClaimedAlone(range: Range): Promise<void> {
  const { client, attempt } = range;
  const rows = rowsWith(range, due(`'CREATE', 'UPDATE', 'REACTIVATE', 'DEACTIVATE', 'NONE'`));
  const { rows: claimed } = await client.query<{ position: string }>(
    `SELECT change.position FROM ${rows.from} AS change WHERE ${rows.where} AND ${isClaimed(`$${rows.params.length + 1}::uuid`)}`,
    [...rows.params, attempt.connectionId],
  );
  if (claimed.length === 0) return;
  await client.query(
    `UPDATE ${attempt.plan} AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE', reason = $3
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = ANY($4::bigint[])`,
    [attempt.workspaceId, attempt.runId, notTakenBack.claimed, claimed.map(({ position }) => position)],
  );
}

/**
 * Called before the first change. Remembers what this run reverts, so that no run of the connection repeats it without
 * approval.
 */
export function beginRevert(attempt: Attempt): Promise<void> {
  return transaction(attempt, (client) => rememberTakenBack(setOf({ client, attempt }), attempt.connectionId));
}
