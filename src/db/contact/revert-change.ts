import type { Actor } from '../../core/access.ts';
import type { ContactEdit, LeftPart, RevertedChange } from '../../core/contact-edit.ts';
import type { ContactRecord } from '../../core/records.ts';
import { notTakenBack } from '../../core/taking-back.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Transaction } from '../api-transaction.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { changeSet, holderOf, orTaken, tellSet } from './edit-contact.ts';
import { contactsByIds } from './find-contacts.ts';
import { madeChanges, type PlannedBack, plannedColumns, plannedRecord } from './made-changes.ts';
import { type ChangePlace, findParts, giveParts, recordOfParts } from './revert-parts.ts';
import { isClaimed, rememberTakenBack, rowsBack, takeChangesBack } from './take-back.ts';
import type { ChangeRows, ChangeSet } from './write-history.ts';

type Made = { contact_id: string | null; connection_id: string | null; by_run: boolean };

/** How a change is reverted. `edit`: the contact after the revert, if it gets values. */
type WayBack = {
  kind: 'way';
  edit: ContactEdit | null;
  left: LeftPart[];
  go: (set: ChangeSet) => Promise<void>;
};
type NoWay = Exclude<RevertedChange<never>, { kind: 'saved' }>;

/** See WorkspaceStore.revertChange. */
export async function revertChange(
  scope: WorkspaceScope,
  setId: string,
  position: number,
  by: Actor,
): Promise<RevertedChange<ContactRecord> | null> {
  if (!isUuid(setId) || !Number.isSafeInteger(position)) return null;
  let wanted: ContactEdit | null = null;
  const work = async (transaction: Transaction): Promise<RevertedChange<ContactRecord> | null> => {
    const place = { changeSet: setId, position };
    const made = await lockMade(transaction, place);
    if (made === null) return null;
    const { query, workspaceId } = transaction;
    const part = { workspaceId, changeSet: setId, first: position, last: position };
    const [found] = await madeChanges(query, part, { after: position - 1, limit: 1, exceptBy: null });
    if (found === undefined || found.action === null) return { kind: 'nothing' };
    const findWay = found.inParts ? wayInParts : wayAsWhole;
    const way = await findWay(transaction, place, found, made.connection_id);
    if (way.kind !== 'way') return way;
    wanted = way.edit;
    const taken = wanted === null ? null : await holderOf(transaction, [found.contactId], wanted);
    if (taken !== null) return taken;
    const links = made.connection_id === null ? 'untouched' : { connectionId: made.connection_id };
    const set: ChangeSet = { ...changeSet(transaction, by), links };
    await way.go(set);
    if (made.by_run && made.connection_id !== null) await rememberTakenBack(set, made.connection_id);
    await tellSet(set, 1);
    const [contact] = await contactsByIds(query, workspaceId, [found.contactId]);
    return { kind: 'saved', contact: contact ?? null, left: way.left };
  };
  return orTaken(scope, () => wanted, work);
}

/**
 * Locks the change, its connection and then its contact. The lock on the change matters for a deleted contact: two
 * people could bring it back at once. The connection is null if it is deleted. Null: there is no such change.
 */
async function lockMade(
  { query, workspaceId }: Transaction,
  { changeSet, position }: ChangePlace,
): Promise<Made | null> {
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

/** Reverts the change as a whole: nothing else has changed the contact since. */
async function wayAsWhole(
  transaction: Transaction,
  place: ChangePlace,
  { action, reason, record, values }: PlannedBack,
  connectionId: string | null,
): Promise<WayBack | NoWay> {
  if (action === 'SKIP') return { kind: 'changed', reason: reason ?? '' };
  const rowsOf = rowsFor(transaction, place, record, []);
  const { from, params } = rowsOf('change.action');
  const [row] = await transaction.query<{ status: 'ACTIVE' | 'INACTIVE'; claimed: boolean }>(
    `SELECT change.status, ${isClaimed(`$${params.length + 1}::uuid`)} AS claimed FROM ${from} AS change`,
    [...params, connectionId],
  );
  if (row?.claimed) return { kind: 'changed', reason: notTakenBack.claimed };
  const edit = values === null || row === undefined ? null : { status: row.status, values, lockedFields: [] };
  return { kind: 'way', edit, left: [], go: (set) => takeChangesBack(set, rowsOf) };
}

/** Reverts the parts of the change that are still as it left them. */
async function wayInParts(
  transaction: Transaction,
  place: ChangePlace,
  found: PlannedBack,
  connectionId: string | null,
): Promise<WayBack | NoWay> {
  const parts = await findParts(transaction, place, connectionId);
  if (parts.back.kind === 'nothing') return { kind: 'changed', reason: found.reason ?? '' };
  const { back } = parts;
  const record = recordOfParts(transaction, found, parts);
  const rows = rowsFor(transaction, place, record, back.edit.lockedFields)(`'${back.action}'`);
  return { kind: 'way', edit: back.edit, left: back.left, go: (set) => giveParts(set, rows, back) };
}

/** The change as the only row of a plan. `locks`: the locked fields, if it is reverted in parts. */
function rowsFor(
  { workspaceId }: Transaction,
  { changeSet, position }: ChangePlace,
  record: PlannedBack['record'],
  locks: ContactEdit['lockedFields'],
) {
  const planned = `(
    SELECT $1::uuid AS workspace_id, NULL AS stays, NULL AS outcome, $3::text[] AS locks_back, ${plannedColumns.values}
    FROM jsonb_to_record($2::jsonb) AS planned (${plannedRecord}))`;
  const params = [workspaceId, JSON.stringify({ ...record, position: 1 }), [...locks]];
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
