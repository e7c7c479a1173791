import type { Actor } from '../../core/access.ts';
import type { RevertedChange } from '../../core/contact-edit.ts';
import type { ContactRecord } from '../../core/records.ts';
import { notTakenBack } from '../../core/taking-back.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Transaction } from '../api-transaction.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { changeSet, holderOf, orTaken, tellSet } from './edit-contact.ts';
import { contactsByIds } from './find-contacts.ts';
import { madeChanges, type PlannedBack, plannedColumns, plannedRecord } from './made-changes.ts';
import { isClaimed, rememberTakenBack, rowsBack, takeChangesBack } from './take-back.ts';
import type { ChangeRows, ChangeSet } from './write-history.ts';

type Place = { changeSet: string; position: number };
type Made = { contact_id: string | null; connection_id: string | null; by_run: boolean };

/** See WorkspaceStore.revertChange. */
export async function revertChange(
  scope: WorkspaceScope,
  setId: string,
  position: number,
  by: Actor,
): Promise<RevertedChange<ContactRecord> | null> {
  if (!isUuid(setId) || !Number.isSafeInteger(position)) return null;
  let planned: PlannedBack | null = null;
  const wanted = () =>
    planned?.values ? { status: 'ACTIVE' as const, values: planned.values, lockedFields: [] } : null;
  return orTaken<RevertedChange<ContactRecord> | null>(scope, wanted, async (transaction) => {
    const place = { changeSet: setId, position };
    const made = await lockMade(transaction, place);
    if (made === null) return null;
    const { query, workspaceId } = transaction;
    const part = { workspaceId, changeSet: setId, first: position, last: position };
    const [found] = await madeChanges(query, part, { after: position - 1, limit: 1, exceptBy: null });
    if (found === undefined || found.action === null) return { kind: 'nothing' };
    planned = found;
    if (found.action === 'SKIP') return { kind: 'changed', reason: found.reason ?? '' };
    const links = made.connection_id === null ? 'untouched' : { connectionId: made.connection_id };
    const set: ChangeSet = { ...changeSet(transaction, by), links };
    const rowsOf = rowsFor(transaction, place, found);
    const obstacle = await obstacleOf(transaction, found, rowsOf('change.action'), made.connection_id);
    if (obstacle !== null) return obstacle;
    await takeChangesBack(set, rowsOf);
    if (made.by_run && made.connection_id !== null) await rememberTakenBack(set, made.connection_id);
    await tellSet(set, 1);
    const [contact] = await contactsByIds(query, workspaceId, [found.contactId]);
    return { kind: 'saved', contact: contact ?? null };
  });
}

/**
 * Locks the change, its connection and then its contact. The lock of the change is for a contact that is gone: two people could bring
 * it back at once. The connection is null if it is gone. Null: there is no such change.
 */
async function lockMade({ query, workspaceId }: Transaction, { changeSet, position }: Place): Promise<Made | null> {
  const [made] = await query<Made>(
    `SELECT change.contact_id, connection.id AS connection_id, change.made_by IS NULL AS by_run FROM contact_change AS change
     LEFT JOIN connection ON connection.workspace_id = change.workspace_id AND connection.id = change.connection_id
     WHERE change.workspace_id = $1 AND change.change_set = $2 AND change.position = $3
     FOR UPDATE OF change`,
    [workspaceId, changeSet, position],
  );
  if (made === undefined) return null;
  const locked = await query(
    'SELECT FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2 FOR NO KEY UPDATE',
    [workspaceId, made.connection_id],
  );
  await query('SELECT FROM contact WHERE contact.workspace_id = $1 AND contact.id = $2 FOR UPDATE', [
    workspaceId,
    made.contact_id,
  ]);
  return locked.length === 0 ? { ...made, connection_id: null } : made;
}

/** The change as the only row of a plan. */
function rowsFor({ workspaceId }: Transaction, { changeSet, position }: Place, { record }: PlannedBack) {
  const planned = `(
    SELECT $1::uuid AS workspace_id, NULL AS stays, NULL AS outcome, ${plannedColumns.values}
    FROM jsonb_to_record($2::jsonb) AS planned (${plannedRecord}))`;
  const params = [workspaceId, JSON.stringify({ ...record, position: 1 })];
  const { from, params: all } = rowsBack(planned, params, { changeSet, first: position, last: position });
  return (actions: string): ChangeRows => ({
    from,
    where: `change.action IN (${actions})`,
    params: all,
    base: 0,
    first: 1,
    last: 1,
  });
}

/** What of the contact's past others have taken meanwhile: its address, or its person. */
async function obstacleOf(
  transaction: Transaction,
  { contactId, values }: PlannedBack,
  { from, params }: ChangeRows,
  connectionId: string | null,
): Promise<RevertedChange<never> | null> {
  const [row] = await transaction.query<{ status: 'ACTIVE' | 'INACTIVE'; claimed: boolean }>(
    `SELECT change.status, ${isClaimed(`$${params.length + 1}::uuid`)} AS claimed FROM ${from} AS change`,
    [...params, connectionId],
  );
  if (row?.claimed) return { kind: 'changed', reason: notTakenBack.claimed };
  if (values === null || row === undefined) return null;
  const taken = await holderOf(transaction, [contactId], { status: row.status, values, lockedFields: [] });
  return taken?.kind === 'addressTaken' ? taken : null;
}
