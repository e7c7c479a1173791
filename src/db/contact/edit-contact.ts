import { isDeepStrictEqual } from 'node:util';
import { uuidv7 } from 'uuidv7';
import type { Actor } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { FieldMapping } from '../../core/connection.ts';
import type { Fills } from '../../core/contact.ts';
import type { AddressTaken, ContactEdit, EditableContact, Feed, SavedContact } from '../../core/contact-edit.ts';
import type { ContactRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import { indexed, keysText, wordsText } from '../../search/contact-index.ts';
import type { Transaction } from '../api-transaction.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { byPerson, createContacts, deleteContacts as deleteWithLinks, giveValues } from './change-contact.ts';
import { fieldValues, valuesOf, valuesOfRow } from './contact-columns.ts';
import { allParts, type ContactSelection, contactSelection, contactsByIds, toContact } from './find-contacts.ts';
import { refOfName } from './managers.ts';
import { tellFeed } from './tell-feed.ts';
import type { ChangeRows, ChangeSet } from './write-history.ts';

/** Saves a contact that somebody has entered. See WorkspaceStore.createContact. */
export function createContact(
  scope: WorkspaceScope,
  edit: ContactEdit,
  by: Actor,
): Promise<SavedContact<ContactRecord>> {
  return orTaken(scope, edit, async (transaction) => {
    const id = uuidv7();
    const taken = await holderOf(transaction, [], edit);
    if (taken !== null) return taken;
    const set = changeSet(transaction, by);
    await createContacts(set, rowOf(transaction, id, edit, 'CREATE'), {
      born: { status: 'change.status' },
      personKey: () => 'NULL',
      writeLinks: async () => {},
      turns: { history: (work) => work(), contacts: (work) => work() },
    });
    await tellSet(set, 1);
    return saved(transaction, id);
  });
}

/** See WorkspaceStore.updateContact. */
export async function updateContact(
  scope: WorkspaceScope,
  id: string,
  expectedVersion: number | null,
  change: (current: EditableContact) => ContactEdit,
  by: Actor,
): Promise<SavedContact<ContactRecord> | null> {
  if (!isUuid(id)) return null;
  let wanted: ContactEdit | null = null;
  return orTaken(
    scope,
    () => wanted,
    async (transaction) => {
      const current = await lockContact(transaction, id);
      if (current === null) return null;
      if (expectedVersion !== null && expectedVersion !== current.version) throw conflict(current.version);
      const edit = change(current);
      wanted = edit;
      if (!differs(current, edit)) return saved(transaction, id);
      const taken = await holderOf(transaction, [id], edit);
      if (taken !== null) return taken;
      const action = actionOf(current, edit);
      const set = changeSet(transaction, by);
      const keep = async () => (action === 'REACTIVATE' ? keepAlthoughGone(transaction, id) : undefined);
      await giveValues(set, rowOf(transaction, id, edit, action), keep, byPerson);
      await tellSet(set, 1);
      return saved(transaction, id);
    },
  );
}

/**
 * Notes that the contact stays although connections have lost its person. Otherwise their next runs would remove it
 * again.
 */
async function keepAlthoughGone({ query, workspaceId }: Transaction, id: string): Promise<void> {
  await query(
    `UPDATE contact_link AS link SET kept_at = clock_timestamp()
     WHERE link.workspace_id = $1 AND link.contact_id = $2 AND link.gone_since IS NOT NULL`,
    [workspaceId, id],
  );
}

/** Deletes contacts with their links, and returns the ids of those that there were. */
export async function deleteContacts(scope: WorkspaceScope, ids: readonly string[], by: Actor): Promise<string[]> {
  const wanted = ids.filter(isUuid);
  if (wanted.length === 0) return [];
  return scope.write(async (transaction) => {
    const { query, workspaceId } = transaction;
    const found = await query<{ id: string }>(
      `SELECT contact.id FROM contact WHERE contact.workspace_id = $1 AND contact.id = ANY($2::uuid[])
       ORDER BY contact.id FOR UPDATE`,
      [workspaceId, wanted],
    );
    if (found.length === 0) return [];
    const rows = deletionOf(
      transaction,
      found.map(({ id }) => id),
      null,
    );
    const set = changeSet(transaction, by);
    await deleteWithLinks(set, rows);
    await tellSet(set, rows.last);
    return found.map(({ id }) => id);
  });
}

/** The deletion of these contacts, as rows of changes. */
export function deletionOf({ workspaceId }: Transaction, ids: readonly string[], reason: string | null): ChangeRows {
  return {
    from: `(
      SELECT contact.workspace_id, contact.id AS contact_id, row_number() OVER (ORDER BY contact.id) AS position, 'DELETE' AS action,
        ${nothingElse}, $3::text AS reason, contact.display_name AS contact_name, ${valuesOf('contact')} AS before
      FROM contact WHERE contact.workspace_id = $1 AND contact.id = ANY($2::uuid[]))`,
    where: 'true',
    params: [workspaceId, ids, reason],
    base: 0,
    first: 1,
    last: ids.length,
  };
}

/** Runs a write. An address that another transaction has taken at the same moment is an outcome, not an error. */
export async function orTaken<Outcome>(
  scope: WorkspaceScope,
  edit: ContactEdit | (() => ContactEdit | null),
  work: (transaction: Transaction) => Promise<Outcome>,
): Promise<Outcome | AddressTaken> {
  try {
    return await scope.write(work);
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code !== '23505' || constraint !== 'contact_email_of_active') throw error;
    const wanted = typeof edit === 'function' ? edit() : edit;
    const holder = wanted === null ? null : await scope.read((transaction) => holderOf(transaction, [], wanted));
    return holder ?? { kind: 'addressTaken', holderName: '' };
  }
}

export function changeSet({ client, workspaceId }: Transaction, madeBy: Actor): ChangeSet {
  return { client, workspaceId, id: uuidv7(), madeBy, links: 'untouched' };
}

/** Gives a set of changes its place in the feed. */
export function tellSet({ client, workspaceId, id }: ChangeSet, last: number): Promise<void> {
  return tellFeed(client, workspaceId, { changeSet: id, first: 1, last });
}

export async function saved({ query, workspaceId }: Transaction, id: string): Promise<SavedContact<ContactRecord>> {
  const [contact] = await contactsByIds(query, workspaceId, [id]);
  if (contact === undefined) throw new Error('A contact was saved and is not there.');
  return { kind: 'saved', contact };
}

type EditableRow = ContactSelection & { version: number; portal_access_before: boolean | null };

export async function lockContact(transaction: Transaction, id: string): Promise<EditableContact | null> {
  const { query, workspaceId } = transaction;
  const [row] = await query<EditableRow>(
    `SELECT ${contactSelection(allParts)}, contact.portal_access_before FROM contact
     WHERE contact.workspace_id = $1 AND contact.id = $2 FOR UPDATE`,
    [workspaceId, id],
  );
  if (row === undefined) return null;
  const { status = 'ACTIVE', lockedFields = [] } = toContact(row);
  return {
    id,
    version: row.version,
    status,
    values: valuesOfRow(row),
    lockedFields,
    portalAccessBefore: row.portal_access_before,
    feeds: await feedsOf(transaction, id),
  };
}

/** The connections that feed a contact now, the one whose values win first. */
async function feedsOf({ query, workspaceId }: Transaction, contactId: string): Promise<Feed[]> {
  const rows = await query<{ name: string; fields: Fills | null; mappings: FieldMapping[] }>(
    `SELECT connection.name, fills.fields, connection.mappings FROM contact_link
     JOIN connection ON connection.workspace_id = contact_link.workspace_id AND connection.id = contact_link.connection_id
     LEFT JOIN fills ON fills.workspace_id = contact_link.workspace_id AND fills.id = contact_link.fills_id
     WHERE contact_link.workspace_id = $1 AND contact_link.contact_id = $2 AND contact_link.gone_since IS NULL
     ORDER BY connection.priority, connection.created_at, connection.id`,
    [workspaceId, contactId],
  );
  return rows.map(({ name, fields, mappings }) => ({ connectionName: name, fills: fields ?? {}, mappings }));
}

/** The active contact, apart from those that are edited, that has the primary email which the edit needs. */
export async function holderOf(
  { query, workspaceId }: Transaction,
  edited: readonly string[],
  { status, values }: ContactEdit,
): Promise<AddressTaken | null> {
  if (status !== 'ACTIVE' || values.PRIMARY_EMAIL === undefined) return null;
  const [holder] = await query<{ display_name: string }>(
    `SELECT contact.display_name FROM contact
     WHERE contact.workspace_id = $1 AND contact.email_key = $2 AND contact.status = 'ACTIVE' AND contact.id <> ALL($3::uuid[])`,
    [workspaceId, indexed(values, workspaceId).emailKey, edited],
  );
  return holder === undefined ? null : { kind: 'addressTaken', holderName: holder.display_name };
}

function differs(current: EditableContact, { status, values, lockedFields }: ContactEdit): boolean {
  return (
    status !== current.status ||
    !isDeepStrictEqual(values, current.values) ||
    !isDeepStrictEqual([...lockedFields].sort(), [...current.lockedFields].sort())
  );
}

export function actionOf(current: EditableContact, { status }: ContactEdit): 'UPDATE' | 'DEACTIVATE' | 'REACTIVATE' {
  if (status === current.status) return 'UPDATE';
  return status === 'ACTIVE' ? 'REACTIVATE' : 'DEACTIVATE';
}

/** SQL: the columns of a change that only runs fill. */
const nothingElse =
  'NULL AS stays, NULL AS outcome, NULL AS code, NULL AS person, NULL AS person_id, NULL::uuid AS fills_id';

/** The edit as the only row of a set of changes. It has the columns of a row of the plan, and the contact's new state. */
export function rowOf(
  { workspaceId }: Transaction,
  id: string,
  { values, status, lockedFields }: ContactEdit,
  action: 'CREATE' | 'UPDATE' | 'DEACTIVATE' | 'REACTIVATE',
  { position = 1, reason = null }: { position?: number; reason?: string | null } = {},
): ChangeRows {
  const { emailKey, nameKey, companyKey, words, search } = indexed(values, workspaceId);
  const columns = fieldValues('entered.v').map(({ column, value }) => `${value} AS ${column}`);
  return {
    from: `(
      SELECT $1::uuid AS workspace_id, $2::uuid AS contact_id, ${position} AS position, '${action}' AS action, ${nothingElse},
        $11::text AS reason,
        (entered.v)."DISPLAY_NAME" AS contact_name, ${columns.join(', ')}, $4::text AS email_key, $5::text AS name_key,
        $6::text AS company_key, $7::text AS words, $8::tsvector AS search, $9::text AS status, $10::text[] AS locked_fields,
        CASE WHEN (entered.v)."MANAGER" IS NOT DISTINCT FROM (was.values)."MANAGER" THEN was.manager_ref
          ELSE ${refOfName('(entered.v)."MANAGER"')} END AS manager_ref, was.values AS before
      FROM (SELECT jsonb_populate_record(NULL::contact_values, $3::jsonb) AS v) AS entered
      LEFT JOIN (
        SELECT contact.manager_ref, ${valuesOf('contact')} AS "values" FROM contact
        WHERE contact.workspace_id = $1 AND contact.id = $2) AS was ON true)`,
    where: 'true',
    params: [
      workspaceId,
      id,
      JSON.stringify(values),
      emailKey,
      nameKey,
      companyKey,
      wordsText(words),
      keysText(search),
      status,
      [...lockedFields],
      reason,
    ],
    base: 0,
    first: position,
    last: position,
  };
}

function conflict(currentVersion: number): AppError {
  return new AppError('CONFLICT', `The contact has been changed since; it is at version ${currentVersion} now.`, {
    hint: 'Load it again and repeat the edit.',
    details: { currentVersion },
  });
}
