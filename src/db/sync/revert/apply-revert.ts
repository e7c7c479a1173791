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

/** Leaves contacts alone whose person the connection has linked to another contact since, and those that exist again. */
async function leaveClaimedAlone(range: Range): Promise<void> {
  const rows = rowsWith(range, due(`'CREATE', 'UPDATE', 'REACTIVATE', 'DEACTIVATE', 'NONE'`));
  const [reason, connection] = [`$${rows.params.length + 1}`, `$${rows.params.length + 2}::uuid`];
  await range.client.query(
    `UPDATE ${range.attempt.plan} AS row SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE', reason = ${reason}
     FROM ${rows.from} AS change
     WHERE ${rows.where} AND ${isClaimed(connection)}
       AND row.workspace_id = change.workspace_id AND row.run_id = change.run_id AND row.position = change.position`,
    [...rows.params, notTakenBack.claimed, range.attempt.connectionId],
  );
}

/** Before the first change: no run of the connection is to do again unasked what this one takes back. */
export function beginRevert(attempt: Attempt): Promise<void> {
  return transaction(attempt, (client) => rememberTakenBack(setOf({ client, attempt }), attempt.connectionId));
}
