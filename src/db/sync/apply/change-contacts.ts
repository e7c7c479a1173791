import type { PoolClient } from 'pg';
import { type Attempt, key } from '../attempt.ts';
import { fieldColumns, fieldsOf, setFields } from '../contact-columns.ts';

/** A stretch of the plan, inside the transaction that applies it. */
export type Range = { client: PoolClient; attempt: Attempt; first: number; last: number };

/** Rows of the stretch that are to be applied: $1 workspace, $2 run, $3 and $4 the positions. */
const due = (actions: string): string =>
  `change.workspace_id = $1 AND change.run_id = $2 AND change.position BETWEEN $3 AND $4
   AND change.outcome IS NULL AND change.action IN (${actions})`;

const params = ({ attempt, first, last }: Range): unknown[] => [...key(attempt), first, last];

/** Creates the contacts of new people, and links them. */
export const createContacts = async (range: Range): Promise<void> => {
  const { client, attempt } = range;
  await client.query(
    `INSERT INTO contact (workspace_id, id, status, ${fieldColumns}, created_at, updated_at, email_key, name_key, company_key, words, search)
     SELECT change.workspace_id, change.contact_id, 'ACTIVE', ${fieldsOf('change.after')}, clock.now, clock.now,
       change.email_key, change.name_key, change.company_key, change.words, change.search
     FROM contact_change AS change, (SELECT clock_timestamp() AS now) AS clock
     WHERE ${due(`'CREATE'`)} ORDER BY change.position`,
    params(range),
  );
  await client.query(
    `INSERT INTO contact_link (workspace_id, connection_id, external_id, contact_id, person, hash, fills_id, linked_at, last_seen_at)
     SELECT change.workspace_id, $5, change.person_id, change.contact_id, change.person, change.hash, change.fills_id, clock.now, clock.now
     FROM contact_change AS change, (SELECT clock_timestamp() AS now) AS clock
     WHERE ${due(`'CREATE'`)}`,
    [...params(range), attempt.connectionId],
  );
};

/** Locks the contacts of the stretch and leaves alone whose contact has changed since the plan was made. */
const leaveChangedAlone = async (range: Range, actions: string): Promise<void> => {
  await range.client.query(
    `SELECT FROM contact
     WHERE (contact.workspace_id, contact.id) IN (SELECT change.workspace_id, change.contact_id FROM contact_change AS change WHERE ${due(actions)})
     ORDER BY contact.id FOR UPDATE`,
    params(range),
  );
  await range.client.query(
    `UPDATE contact_change AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE_PLAN',
       reason = 'the contact has changed since the plan was made; the next run looks at it again'
     WHERE ${due(actions)} AND NOT EXISTS (
       SELECT FROM contact WHERE contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
         AND contact.version = change.contact_version)`,
    params(range),
  );
};

/** Changes existing contacts as planned: UPDATE, LINK, REACTIVATE. */
export const changeContacts = async (range: Range): Promise<void> => {
  const { client, attempt } = range;
  const actions = `'UPDATE', 'LINK', 'REACTIVATE'`;
  await leaveChangedAlone(range, actions);
  // Addresses that pass from one to another within the stretch are free for a moment.
  await client.query(
    `UPDATE contact SET email_key = NULL FROM contact_change AS change
     WHERE ${due(actions)} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
       AND contact.email_key IS DISTINCT FROM change.email_key AND contact.status = 'ACTIVE' AND contact.email_key IS NOT NULL`,
    params(range),
  );
  await client.query(
    `UPDATE contact SET ${setFields('change.after')}, status = CASE change.action WHEN 'REACTIVATE' THEN 'ACTIVE' ELSE contact.status END,
       portal_access_before = CASE change.action WHEN 'REACTIVATE' THEN NULL ELSE contact.portal_access_before END,
       email_key = change.email_key, name_key = change.name_key, company_key = change.company_key, words = change.words,
       search = change.search, removal_due_at = NULL, version = contact.version + 1, updated_at = clock_timestamp(),
       changed_xid = (pg_current_xact_id()::text)::bigint
     FROM contact_change AS change
     WHERE ${due(actions)} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id`,
    params(range),
  );
  // A link that lost its person makes place for the new one of the same connection.
  await client.query(
    `DELETE FROM contact_link AS link USING contact_change AS change
     WHERE ${due(`'LINK'`)} AND link.workspace_id = change.workspace_id AND link.connection_id = $5
       AND link.contact_id = change.contact_id AND link.external_id <> change.person_id`,
    [...params(range), attempt.connectionId],
  );
  await client.query(
    `INSERT INTO contact_link AS link (workspace_id, connection_id, external_id, contact_id, person, hash, fills_id, linked_at, last_seen_at)
     SELECT change.workspace_id, $5, change.person_id, change.contact_id, change.person, change.hash, change.fills_id, clock_timestamp(), clock_timestamp()
     FROM contact_change AS change WHERE ${due(actions)}
     ON CONFLICT (workspace_id, connection_id, external_id) DO UPDATE
     SET person = excluded.person, hash = excluded.hash, fills_id = excluded.fills_id, gone_since = NULL, last_seen_at = excluded.last_seen_at`,
    [...params(range), attempt.connectionId],
  );
  await lookAgain(range, actions);
};

/** Makes the other connections that feed these contacts look at them again at their next run. */
const lookAgain = async (range: Range, actions: string): Promise<void> => {
  await range.client.query(
    `UPDATE contact_link AS link SET hash = NULL FROM contact_change AS change
     WHERE ${due(actions)} AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id <> $5 AND link.hash IS NOT NULL`,
    [...params(range), range.attempt.connectionId],
  );
};

/** Deactivates or deletes the contacts of people who are gone. */
export const dropContacts = async (range: Range): Promise<void> => {
  const { client } = range;
  await leaveChangedAlone(range, `'DEACTIVATE', 'DELETE'`);
  await client.query(
    `UPDATE contact SET status = 'INACTIVE', portal_access_before = contact.portal_access, portal_access = false, removal_due_at = NULL,
       version = contact.version + 1, updated_at = clock_timestamp(), changed_xid = (pg_current_xact_id()::text)::bigint
     FROM contact_change AS change
     WHERE ${due(`'DEACTIVATE'`)} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id`,
    params(range),
  );
  await markGone(range, `'DEACTIVATE'`);
  await client.query(
    `DELETE FROM contact_link AS link USING contact_change AS change
     WHERE ${due(`'DELETE'`)} AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id`,
    params(range),
  );
  await client.query(
    `DELETE FROM contact USING contact_change AS change
     WHERE ${due(`'DELETE'`)} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id`,
    params(range),
  );
};

const markGone = async (range: Range, actions: string): Promise<void> => {
  await range.client.query(
    `UPDATE contact_link AS link SET gone_since = coalesce(link.gone_since, clock_timestamp()), last_seen_at = coalesce(connection.last_complete_read_at, link.last_seen_at)
     FROM contact_change AS change, connection
     WHERE ${due(actions)} AND link.workspace_id = change.workspace_id AND link.connection_id = $5 AND link.external_id = change.person_id
       AND connection.workspace_id = link.workspace_id AND connection.id = link.connection_id`,
    [...params(range), range.attempt.connectionId],
  );
};

/** Notes with the link, and (grace) with the contact, that a person is gone while the contact stays. */
export const noteAbsence = async (range: Range): Promise<void> => {
  const { client, attempt } = range;
  await client.query(
    `UPDATE contact SET removal_due_at = clock_timestamp() + make_interval(days => $5), version = contact.version + 1,
       updated_at = clock_timestamp(), changed_xid = (pg_current_xact_id()::text)::bigint
     FROM contact_change AS change
     WHERE ${due(`'NONE'`)} AND change.code = 'GONE' AND $5 > 0 AND $6 <> 'KEEP'
       AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id AND contact.status = 'ACTIVE'
       AND NOT EXISTS (
         SELECT FROM contact_link AS other WHERE other.workspace_id = contact.workspace_id AND other.contact_id = contact.id
           AND other.connection_id <> $7 AND other.gone_since IS NULL)`,
    [...params(range), attempt.removal.graceDays, attempt.removal.action, attempt.connectionId],
  );
  await client.query(
    `UPDATE contact_link AS link SET gone_since = clock_timestamp(), last_seen_at = coalesce(connection.last_complete_read_at, link.last_seen_at)
     FROM contact_change AS change, connection
     WHERE ${due(`'NONE'`)} AND change.code = 'GONE' AND link.workspace_id = change.workspace_id AND link.connection_id = $5
       AND link.external_id = change.person_id AND connection.workspace_id = link.workspace_id AND connection.id = link.connection_id`,
    [...params(range), attempt.connectionId],
  );
  await client.query(
    `UPDATE contact_link AS link SET hash = NULL FROM contact_change AS change
     WHERE ${due(`'NONE'`)} AND change.code = 'GONE' AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id <> $5 AND link.hash IS NOT NULL`,
    [...params(range), attempt.connectionId],
  );
};

/** People looked at again and found as before: their links are up to date again, and nothing of it stays in the plan. */
export const refreshLinks = async (range: Range): Promise<void> => {
  const { client, attempt } = range;
  await client.query(
    `UPDATE contact SET removal_due_at = NULL, version = contact.version + 1, updated_at = clock_timestamp(),
       changed_xid = (pg_current_xact_id()::text)::bigint
     FROM contact_change AS change
     WHERE ${due(`'NONE'`)} AND change.code IS NULL AND contact.workspace_id = change.workspace_id
       AND contact.id = change.contact_id AND contact.removal_due_at IS NOT NULL`,
    params(range),
  );
  // What this connection no longer fills is up to the others.
  await client.query(
    `UPDATE contact_link AS link SET hash = NULL FROM contact_change AS change, contact_link AS own
     WHERE ${due(`'NONE'`)} AND change.code IS NULL AND own.workspace_id = change.workspace_id AND own.connection_id = $5
       AND own.external_id = change.person_id AND own.fills_id IS DISTINCT FROM change.fills_id
       AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id AND link.connection_id <> $5
       AND link.hash IS NOT NULL`,
    [...params(range), attempt.connectionId],
  );
  await client.query(
    `WITH change AS (
       DELETE FROM contact_change AS change WHERE ${due(`'NONE'`)} AND change.code IS NULL
       RETURNING change.workspace_id, change.person_id, change.person, change.hash, change.fills_id)
     UPDATE contact_link AS link SET hash = change.hash, fills_id = change.fills_id, person = change.person, gone_since = NULL, last_seen_at = clock_timestamp()
     FROM change
     WHERE link.workspace_id = change.workspace_id AND link.connection_id = $5 AND link.external_id = change.person_id`,
    [...params(range), attempt.connectionId],
  );
};
