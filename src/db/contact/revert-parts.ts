import type { ContactField, ContactStatus } from '../../core/contact.ts';
import type { ChangeAction } from '../../core/run.ts';
import { type ContactMoment, type PartsBack, takePartsBack } from '../../core/taking-parts-back.ts';
import type { Transaction } from '../api-transaction.ts';
import { giveValues, lookAgain, noteRemoval } from './change-contact.ts';
import { readValues, valuesOf } from './contact-columns.ts';
import { keysOf, type PlannedBack } from './made-changes.ts';
import { restoreLinks } from './take-back.ts';
import { type ChangeRows, type ChangeSet, connectionOf, paramsOf } from './write-history.ts';

/** The position of a change in the history. */
export type ChangePlace = { changeSet: string; position: number };

type Moment = {
  status: ContactStatus;
  values: Record<string, unknown>;
  locked: ContactField[] | null;
  removal: string | null;
};
type Row = {
  action: ChangeAction;
  before: Moment;
  after: Omit<Moment, 'values'> & { values: Moment['values'] | null };
  now: Moment;
  given: boolean;
  noted: boolean;
  as_left: boolean;
  manager_before: string | null;
  manager_now: string | null;
};

/** SQL: a contact at one moment. */
function moment(status: string, values: string, locked: string, removal: string): string {
  return `jsonb_build_object('status', ${status}, 'values', ${values}, 'locked', ${locked}, 'removal', ${removal})`;
}

const parts = `
  SELECT made.action, made.connection_id IS NOT NULL AND own.external_id IS DISTINCT FROM made.person_id AS given,
    own.gone_since IS DISTINCT FROM made.gone_since AS noted,
    link.external_id IS NOT NULL AND link.external_id IS NOT DISTINCT FROM made.person_id
      AND link.fills_id IS NOT DISTINCT FROM made.fills_id AND link.gone_since IS NOT DISTINCT FROM made.gone_since
      AND NOT EXISTS (
        SELECT FROM contact_link AS other WHERE other.workspace_id = $1 AND other.connection_id = own.connection_id
          AND other.external_id = own.external_id AND other.contact_id <> contact.id) AS as_left,
    ${moment('(made.state_before).status', 'to_jsonb(made.before)', '(made.state_before).locked_fields', '(made.state_before).removal_due_at')} AS before,
    ${moment('made.status', `CASE WHEN made.display_name IS NOT NULL THEN to_jsonb(${valuesOf('made')}) END`, 'made.locked_fields', 'made.removal_due_at')} AS after,
    ${moment('contact.status', `to_jsonb(${valuesOf('contact')})`, 'contact.locked_fields', 'contact.removal_due_at')} AS now,
    (made.state_before).manager_ref AS manager_before, contact.manager_ref AS manager_now
  FROM contact_change AS made
  JOIN contact ON contact.workspace_id = made.workspace_id AND contact.id = made.contact_id
  LEFT JOIN LATERAL unnest(made.links_before) AS own ON own.connection_id = made.connection_id
  LEFT JOIN contact_link AS link ON link.workspace_id = made.workspace_id AND link.contact_id = made.contact_id
    AND link.connection_id::text = $4::uuid::text
  WHERE made.workspace_id = $1 AND made.change_set = $2 AND made.position = $3`;

/** The parts of a change that can be reverted, and the contact's manager at that time. */
export type FoundParts = { back: PartsBack; managerRef: string | null };

/**
 * Finds which parts of a change of a contact are still as it left them. `connectionId`: the connection that made it, if
 * it still exists.
 */
export async function findParts(
  { query, workspaceId }: Transaction,
  { changeSet, position }: ChangePlace,
  connectionId: string | null,
): Promise<FoundParts> {
  const [row] = await query<Row>(parts, [workspaceId, changeSet, position, connectionId]);
  if (row === undefined) return { back: { kind: 'nothing' }, managerRef: null };
  const before = momentOf(row.before);
  const { PORTAL_ACCESS: _, ...withoutAccess } = before.values;
  const { values } = row.after;
  const after =
    values === null
      ? {
          ...momentOf({ ...row.after, values: {} }),
          values: row.action === 'DEACTIVATE' ? withoutAccess : before.values,
        }
      : momentOf({ ...row.after, values });
  const link = { given: connectionId !== null && row.given, noted: row.noted, asLeft: row.as_left };
  const back = takePartsBack({ before, after, now: momentOf(row.now), link });
  const managerRef = back.kind === 'change' && back.back.manager ? row.manager_before : row.manager_now;
  return { back, managerRef };
}

function momentOf({ status, values, locked, removal }: Moment): ContactMoment {
  return { status, values: readValues(values), lockedFields: locked ?? [], removalDueAt: removal };
}

type Change = Extract<PartsBack, { kind: 'change' }>;

/** The record of a plan (see PlannedBack) that reverts these parts. */
export function recordOfParts(
  { workspaceId }: Transaction,
  { record }: PlannedBack,
  { back, managerRef }: FoundParts,
): PlannedBack['record'] {
  if (back.kind === 'nothing') return record;
  const { action, edit, reason } = back;
  return {
    ...record,
    action,
    code: null,
    reason,
    contact_name: edit.values.DISPLAY_NAME,
    after: edit.values,
    manager_ref: managerRef,
    ...keysOf(edit.values, workspaceId),
  };
}

/** Reverts the parts. `rows`: the change, with the state before it, and the locks of the edit as `locks_back`. */
export async function giveParts(set: ChangeSet, rows: ChangeRows, { action, back }: Change): Promise<void> {
  const removalDueAt = back.removal ? 'change.removal_due_at' : 'contact.removal_due_at';
  const goneSince = back.link ? 'change.gone_since' : 'own.gone_since';
  const writeLinks = (): Promise<void> => (back.link ? restoreLinks(set, rows) : lookAtOwnAgain(set, rows));
  if (action === 'NONE') {
    await noteRemoval(set, rows, { removalDueAt, goneSince });
    return writeLinks();
  }
  await giveValues(set, rows, writeLinks, {
    version: 'contact.version + 1',
    status: back.status ? 'change.status' : 'contact.status',
    lockedFields: 'change.locks_back',
    portalAccessBefore: back.status ? 'change.portal_access_before' : 'contact.portal_access_before',
    removalDueAt,
    fillsId: back.link ? 'change.fills_id' : 'own.fills_id',
    goneSince,
  });
}

/** Makes the connection's next run check the contact, although its link stays as it is. */
async function lookAtOwnAgain(set: ChangeSet, rows: ChangeRows): Promise<void> {
  const { params, put } = paramsOf(rows);
  await set.client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM ${rows.from} AS change
     WHERE ${rows.where} AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id::text = ${put(connectionOf(set))}::uuid::text`,
    params,
  );
}
