import { planPositions, type RevertCounts } from '../../../core/sync-store.ts';
import { madeChanges, type PlannedBack, plannedColumns, plannedRecord } from '../../contact/made-changes.ts';
import { byKey } from '../../planner-hints.ts';
import { poolQuery } from '../../query.ts';
import { type Attempt, fenced, key } from '../attempt.ts';

/** How many contacts are planned in one transaction. */
const atOnce = 1000;

/** The history of the whole run that is reverted. */
export function historyOf({ workspaceId, reverts }: Attempt) {
  if (reverts === null) throw new Error('This run takes nothing back.');
  return { workspaceId, changeSet: reverts, first: 0, last: Number.MAX_SAFE_INTEGER };
}

/**
 * Makes the plan that reverts a run, from its history. Contacts that were changed since are in the plan as skipped.
 * What an earlier attempt has reverted is left out.
 */
export async function planRevert(
  attempt: Attempt,
  onProgress: (contacts: number) => Promise<void>,
): Promise<RevertCounts> {
  const counts: RevertCounts = { contacts: 0, removed: 0 };
  for (let after = -1; ; ) {
    const rows = await fenced(attempt, async (client) => {
      await client.query(byKey);
      const found = await madeChanges(poolQuery(client), historyOf(attempt), {
        after,
        limit: atOnce,
        exceptBy: attempt.runId,
      });
      const records = found
        .filter(({ action }) => action !== null)
        .map((one, i) => JSON.stringify({ ...one.record, position: positionOf(one, counts.contacts + i + 1) }));
      await client.query(
        `INSERT INTO plan_row (workspace_id, run_id, ${plannedColumns.names})
         SELECT $1, $2, ${plannedColumns.values} FROM jsonb_to_recordset($3::jsonb) AS planned (${plannedRecord})`,
        [...key(attempt), `[${records.join(',')}]`],
      );
      return found;
    });
    for (const { action } of rows) {
      if (action !== null) counts.contacts++;
      if (action === 'DELETE' || action === 'DEACTIVATE') counts.removed++;
    }
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.position;
    await onProgress(counts.contacts);
  }
  await markHandovers(attempt);
  return counts;
}

/** Contacts that are created come last: other contacts give their addresses back before. */
const creations = 5_000_000_000;

function positionOf({ action }: PlannedBack, nth: number): number {
  switch (action) {
    case 'DELETE':
    case 'DEACTIVATE':
    case 'NONE':
      return planPositions.removals + nth;
    case 'CREATE':
      return creations + nth;
    default:
      return planPositions.people + nth;
  }
}

/** Moves contacts that get back an address from one another to the part of the plan that is applied at once. */
function markHandovers(attempt: Attempt): Promise<void> {
  return fenced(attempt, async (client) => {
    await client.query(byKey);
    await client.query(
      `WITH handed AS (
         SELECT change.contact_id AS getter, holder.id AS giver FROM plan_row AS change
         JOIN contact AS holder ON holder.workspace_id = change.workspace_id AND holder.email_key = change.email_key
           AND holder.status = 'ACTIVE' AND holder.id <> change.contact_id
         WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action IN ('UPDATE', 'REACTIVATE', 'CREATE'))
       UPDATE plan_row AS change SET position = change.position - ${planPositions.people} + ${planPositions.handovers}
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action IN ('UPDATE', 'REACTIVATE')
         AND change.contact_id IN (SELECT getter FROM handed UNION SELECT giver FROM handed)`,
      key(attempt),
    );
  });
}
