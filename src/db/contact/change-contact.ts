import type { Query } from '../query.ts';
import { columnsOf, fieldColumns, setFields, valuesOf } from './contact-columns.ts';
import {
  type After,
  type Besides,
  type Birth,
  type ChangeRows,
  type ChangeSet,
  connectionOf,
  type Put,
  paramsOf,
  writeChanges,
  writeCreations,
} from './write-history.ts';

/**
 * The only functions that change contacts, for runs and for people, for one contact or for thousands. Each writes the history
 * first, and then does what the history says. Besides the values, they keep the contact's version, its place in the change feed,
 * the keys that it is found by, and the links of other connections that must be looked at again. The caller writes the links;
 * only those of a deleted contact are deleted here.
 *
 * The caller locks existing contacts before, in order of id. Rows that give values have a contact's columns and its keys.
 */

/** SQL: the `SET` items that move a contact to the end of the change feed. */
const told = 'updated_at = clock_timestamp(), changed_xid = (pg_current_xact_id()::text)::bigint';

/** SQL: the `SET` items of every change of a contact: its version, and its place in the change feed. */
const changed = `version = contact.version + 1, ${told}`;

const ofContact = 'contact.workspace_id = change.workspace_id AND contact.id = change.contact_id';

const keys = ['email_key', 'name_key', 'company_key', 'manager_ref', 'words', 'search'];
const keyColumns = keys.join(', ');
function keysOf(row: string): string {
  return keys.map((key) => `${row}.${key}`).join(', ');
}
const setKeys = keys.map((key) => `${key} = change.${key}`).join(', ');

/** Leaves all as it is, apart from the version and a removal, which is called off. */
const asBefore: After = {
  version: 'contact.version + 1',
  status: 'contact.status',
  lockedFields: 'contact.locked_fields',
  portalAccessBefore: 'contact.portal_access_before',
  removalDueAt: 'NULL',
  fillsId: 'own.fills_id',
  goneSince: 'own.gone_since',
};

/** Sends a statement over the history of these rows. `rowsWritten`: the SQL condition for it, as `change`. */
async function carryOut(
  { client, workspaceId, id }: ChangeSet,
  { first, last }: ChangeRows,
  action: string,
  statement: (rowsWritten: string) => string,
): Promise<void> {
  const rowsWritten = `change.workspace_id = $1 AND change.change_set = $2 AND change.position BETWEEN $3 AND $4
    AND change.outcome IS NULL AND change.action = ${action}`;
  await client.query(statement(rowsWritten), [workspaceId, id, first, last]);
}

/**
 * When the two halves of creating contacts are done: history and links, then the contacts. Each takes about as long. The caller
 * may make transactions take turns at each half.
 */
export type CreationTurns = Record<'history' | 'contacts', (work: () => Promise<void>) => Promise<void>>;

export type Creation = {
  /** How the contacts differ from new and active ones. */
  born?: Partial<Birth>;
  /** SQL for the id of the person for whom the contact of `change` is made; mostly null. */
  personKey: (put: Put) => string;
  /** Writes the set's own links. */
  writeLinks: () => Promise<void>;
  turns: CreationTurns;
};

const newAndActive: Birth = {
  version: '1',
  status: `'ACTIVE'`,
  lockedFields: `'{}'::text[]`,
  portalAccessBefore: 'NULL::boolean',
  removalDueAt: 'NULL::timestamptz',
  createdAt: 'clock.now',
  sameAs: 'NULL::int',
};

/** Creates contacts. */
export async function createContacts(
  set: ChangeSet,
  rows: ChangeRows,
  { born, personKey, writeLinks, turns }: Creation,
): Promise<void> {
  const state = { ...newAndActive, ...born };
  await turns.history(async () => {
    await writeCreations(set, rows, state);
    await writeLinks();
  });
  await turns.contacts(() => insertContacts(set, rows, state, personKey));
}

async function insertContacts(
  { client }: ChangeSet,
  rows: ChangeRows,
  born: Birth,
  personKey: Creation['personKey'],
): Promise<void> {
  const { params, put } = paramsOf(rows);
  await client.query(
    `INSERT INTO contact (workspace_id, id, version, status, locked_fields, portal_access_before, removal_due_at, ${fieldColumns}, created_at,
       updated_at, changed_xid, person_key, ${keyColumns})
     SELECT change.workspace_id, change.contact_id, ${born.version}, ${born.status}, ${born.lockedFields}, ${born.portalAccessBefore},
       ${born.removalDueAt}, ${columnsOf('change')}, ${born.createdAt}, clock.now, clock.xid,
       ${personKey(put)}, ${keysOf('change')}
     FROM ${rows.from} AS change,
       (SELECT clock_timestamp()::timestamptz(3) AS now, (pg_current_xact_id()::text)::bigint AS xid) AS clock
     WHERE ${rows.where} ORDER BY change.position`,
    params,
  );
}

const unlessReactivated = `CASE WHEN change.action <> 'REACTIVATE' THEN contact.portal_access_before END`;

/** The state of contacts that a run gives values: it reactivates those whose action is REACTIVATE, and calls off removals. */
const byRun: After = {
  ...asBefore,
  status: `CASE change.action WHEN 'REACTIVATE' THEN 'ACTIVE' ELSE contact.status END`,
  portalAccessBefore: unlessReactivated,
  fillsId: 'change.fills_id',
  goneSince: 'NULL',
};

/**
 * The state of contacts that a person edits. The rows contain it. A removal is called off only when the status changes.
 */
export const byPerson: After = {
  ...asBefore,
  status: 'change.status',
  lockedFields: 'change.locked_fields',
  portalAccessBefore: unlessReactivated,
  removalDueAt: `CASE change.action WHEN 'UPDATE' THEN contact.removal_due_at END`,
};

/**
 * Gives contacts the values of their rows, and the state `after`. Other connections look at the contacts again, unless a row only links a
 * contact and changes no value. `writeLinks` writes the set's own links. It runs before the other links are marked, because it
 * compares their state with the plan.
 */
export async function giveValues(
  set: ChangeSet,
  rows: ChangeRows,
  writeLinks: () => Promise<void>,
  after: After = byRun,
): Promise<void> {
  await writeChanges(set, rows, { after, givesValues: true });
  // First free the addresses that pass from one contact to another.
  await set.client.query(
    `UPDATE contact SET email_key = NULL FROM ${rows.from} AS change
     WHERE ${rows.where} AND ${ofContact} AND contact.email_key IS DISTINCT FROM change.email_key
       AND contact.status = 'ACTIVE' AND contact.email_key IS NOT NULL`,
    [...rows.params],
  );
  await set.client.query(
    `UPDATE contact SET ${setFields('change')}, ${setKeys}, removal_due_at = ${after.removalDueAt}, status = ${after.status},
       locked_fields = ${after.lockedFields}, portal_access_before = ${after.portalAccessBefore}, ${changed}
     FROM ${rows.from} AS change WHERE ${rows.where} AND ${ofContact}`,
    [...rows.params],
  );
  await writeLinks();
  const { params, put } = paramsOf(rows);
  await set.client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM ${rows.from} AS change
     WHERE ${rows.where} AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id IS DISTINCT FROM ${put(connectionOf(set))}::uuid
       AND (change.action <> 'LINK' OR to_jsonb(change.before) IS DISTINCT FROM to_jsonb(${valuesOf('change')}))`,
    params,
  );
}

/** Makes active contacts inactive and takes their portal access away. */
export async function deactivateContacts(set: ChangeSet, rows: ChangeRows): Promise<void> {
  await writeChanges(set, rows, {
    after: {
      ...asBefore,
      status: `'INACTIVE'`,
      portalAccessBefore: 'contact.portal_access',
      goneSince: 'CASE WHEN own.contact_id IS NOT NULL THEN coalesce(own.gone_since, clock.now) END',
    },
  });
  await carryOut(
    set,
    rows,
    `'DEACTIVATE'`,
    (rowsWritten) => `UPDATE contact SET status = change.status, portal_access_before = change.portal_access_before,
       portal_access = false, removal_due_at = change.removal_due_at, ${changed}
     FROM contact_change AS change WHERE ${rowsWritten} AND ${ofContact}`,
  );
}

/** Deletes contacts with all their links and photos. */
export async function deleteContacts(set: ChangeSet, rows: ChangeRows): Promise<void> {
  const nothing = 'NULL';
  await writeChanges(set, rows, {
    after: {
      version: nothing,
      status: nothing,
      lockedFields: nothing,
      portalAccessBefore: nothing,
      removalDueAt: nothing,
      fillsId: nothing,
      goneSince: nothing,
    },
    deletes: true,
  });
  await carryOut(
    set,
    rows,
    `'DELETE'`,
    (rowsWritten) => `DELETE FROM contact_photo AS photo USING contact_change AS change
     WHERE ${rowsWritten} AND photo.workspace_id = change.workspace_id AND photo.contact_id = change.contact_id`,
  );
  await carryOut(
    set,
    rows,
    `'DELETE'`,
    (rowsWritten) => `DELETE FROM contact_link AS link USING contact_change AS change
     WHERE ${rowsWritten} AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id`,
  );
  await carryOut(
    set,
    rows,
    `'DELETE'`,
    (rowsWritten) => `DELETE FROM contact USING contact_change AS change WHERE ${rowsWritten} AND ${ofContact}`,
  );
}

/**
 * When contacts will be removed, and since when their person is gone. SQL as in `After`. Left out: they stay, because
 * the person is there.
 */
export type Absence = { removalDueAt: string; goneSince: string; sameAs: string; besides: Besides };

/**
 * Notes when contacts are to be removed because their person is gone, or that they are not to be removed. The rows' action is NONE.
 * Contacts that already have that date get a row in the history, but are not changed. Returns the number of rows.
 */
export async function noteRemoval(
  set: ChangeSet,
  rows: ChangeRows,
  { removalDueAt = 'NULL', goneSince = 'NULL', sameAs = 'NULL', besides }: Partial<Absence> = {},
): Promise<number> {
  const written = await writeChanges(set, rows, {
    after: {
      ...asBefore,
      version: `contact.version + (contact.removal_due_at IS DISTINCT FROM ${removalDueAt})::int`,
      removalDueAt,
      goneSince,
      sameAs,
    },
    keepsValues: true,
    ...(besides === undefined ? {} : { besides }),
  });
  if (written > 0)
    await carryOut(
      set,
      rows,
      `'NONE'`,
      (rowsWritten) => `UPDATE contact SET removal_due_at = change.removal_due_at, ${changed}
       FROM contact_change AS change
       WHERE ${rowsWritten} AND ${ofContact} AND contact.removal_due_at IS DISTINCT FROM change.removal_due_at
         AND change.contact_version = contact.version + 1`,
    );
  return written;
}

/**
 * SQL: the `SET` items for a `link` that its connection's next run must look at again. A run under way that has already decided
 * writes its hash only if `recheck` is still the number it saw. Set this whatever the current hash is: another transaction may
 * be about to write one.
 */
export const lookAgain = 'hash = NULL, recheck = link.recheck + 1';

/**
 * Tells the change feed of contacts whose photo has changed. Their values and history, and so their version, stay as they are.
 * Locks the contacts.
 */
export async function tellChanged(query: Query, workspaceId: string, contactIds: readonly string[]): Promise<void> {
  if (contactIds.length === 0) return;
  const key = [workspaceId, contactIds];
  await query(
    'SELECT FROM contact WHERE contact.workspace_id = $1 AND contact.id = ANY($2::uuid[]) ORDER BY contact.id FOR UPDATE',
    key,
  );
  await query(`UPDATE contact SET ${told} WHERE contact.workspace_id = $1 AND contact.id = ANY($2::uuid[])`, key);
}
