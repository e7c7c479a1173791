import { contactChanged } from '../../contact-changed.ts';
import { lookAgain } from '../../look-again.ts';
import { columnsOf, fieldColumns, setFields, valuesOf } from '../contact-columns.ts';
import { leaveChangedAlone } from './leave-changed-alone.ts';
import { due, params, type Range } from './range.ts';
import { type After, writeChanges, writeCreations } from './write-history.ts';

/** Creates the contacts of new people, and links them. */
export const createContacts = async (range: Range): Promise<void> => {
  const { client, attempt } = range;
  await writeCreations(range);
  await client.query(
    `INSERT INTO contact (workspace_id, id, status, ${fieldColumns}, created_at, updated_at, changed_xid, email_key, name_key, company_key, words, search)
     SELECT change.workspace_id, change.contact_id, 'ACTIVE', ${columnsOf('change')}, clock.now, clock.now, clock.xid,
       change.email_key, change.name_key, change.company_key, change.words, change.search
     FROM ${range.attempt.plan} AS change,
       (SELECT clock_timestamp()::timestamptz(3) AS now, (pg_current_xact_id()::text)::bigint AS xid) AS clock
     WHERE ${due(`'CREATE'`)} ORDER BY change.position`,
    params(range),
  );
  await client.query(
    `INSERT INTO contact_link (workspace_id, connection_id, external_id, contact_id, person, hash, fills_id, linked_at, last_seen_at)
     SELECT change.workspace_id, $5, change.person_id, change.contact_id, change.person, change.hash, change.fills_id, clock.now, clock.now
     FROM ${range.attempt.plan} AS change, (SELECT clock_timestamp() AS now) AS clock
     WHERE ${due(`'CREATE'`)}`,
    [...params(range), attempt.connectionId],
  );
};

/** SQL: what the plan knew of the contact's links by other connections (see find-candidates.ts), as it is now. */
const othersRecheck = `(
  SELECT coalesce(sum(other.recheck), 0) * 1000 + count(*) FROM contact_link AS other
  WHERE other.workspace_id = change.workspace_id AND other.contact_id = change.contact_id AND other.connection_id <> $5)`;

const fed: After = {
  version: 'contact.version + 1',
  status: `CASE change.action WHEN 'REACTIVATE' THEN 'ACTIVE' ELSE contact.status END`,
  portalAccessBefore: `CASE WHEN change.action <> 'REACTIVATE' THEN contact.portal_access_before END`,
  removalDueAt: 'NULL',
  fillsId: 'change.fills_id',
  goneSince: 'NULL',
};

/** Changes existing contacts as planned: UPDATE, LINK, REACTIVATE. */
export const changeContacts = async (range: Range): Promise<void> => {
  const { client, attempt } = range;
  const actions = `'UPDATE', 'LINK', 'REACTIVATE'`;
  await leaveChangedAlone(range, actions);
  await writeChanges(range, { condition: due(actions), after: fed, links: 'own' });
  // Addresses that pass from one to another within the stretch are free for a moment.
  await client.query(
    `UPDATE contact SET email_key = NULL FROM ${range.attempt.plan} AS change
     WHERE ${due(actions)} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
       AND contact.email_key IS DISTINCT FROM change.email_key AND contact.status = 'ACTIVE' AND contact.email_key IS NOT NULL`,
    params(range),
  );
  await client.query(
    `UPDATE contact SET ${setFields('change')}, status = CASE change.action WHEN 'REACTIVATE' THEN 'ACTIVE' ELSE contact.status END,
       portal_access_before = CASE change.action WHEN 'REACTIVATE' THEN NULL ELSE contact.portal_access_before END,
       email_key = change.email_key, name_key = change.name_key, company_key = change.company_key, words = change.words,
       search = change.search, removal_due_at = NULL, ${contactChanged}
     FROM ${range.attempt.plan} AS change
     WHERE ${due(actions)} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id`,
    params(range),
  );
  // A link that lost its person makes place for the new one of the same connection. As text, so that links are looked up by
  // contact: of a connection without statistics the planner would go through all of them instead, for each contact.
  await client.query(
    `DELETE FROM contact_link AS link
     WHERE link.workspace_id = $1 AND link.connection_id::text = $5
       AND link.contact_id = ANY(ARRAY(SELECT change.contact_id FROM ${range.attempt.plan} AS change WHERE ${due(`'LINK'`)}))`,
    [...params(range), attempt.connectionId],
  );
  await client.query(
    `INSERT INTO contact_link AS link (workspace_id, connection_id, external_id, contact_id, person, hash, fills_id, linked_at, last_seen_at, recheck)
     SELECT change.workspace_id, $5, change.person_id, change.contact_id, change.person,
       CASE WHEN change.action <> 'LINK' OR change.link_recheck = ${othersRecheck} THEN change.hash END, change.fills_id,
       clock_timestamp(), clock_timestamp(), CASE change.action WHEN 'LINK' THEN 0 ELSE change.link_recheck END
     FROM ${range.attempt.plan} AS change WHERE ${due(actions)}
     ON CONFLICT (workspace_id, connection_id, external_id) DO UPDATE
     SET person = excluded.person, hash = CASE WHEN link.recheck = excluded.recheck THEN excluded.hash END,
       fills_id = excluded.fills_id, gone_since = NULL, last_seen_at = excluded.last_seen_at`,
    [...params(range), attempt.connectionId],
  );
  await tellOthers(range, actions);
};

/**
 * Makes the other connections that feed these contacts look at them again at their next run. A link that brings what the contact
 * has already gives them nothing to look at.
 */
const tellOthers = async (range: Range, actions: string): Promise<void> => {
  await range.client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM ${range.attempt.plan} AS change
     WHERE ${due(actions)} AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id <> $5
       AND (change.action <> 'LINK' OR change.before IS DISTINCT FROM ${valuesOf('change')})`,
    [...params(range), range.attempt.connectionId],
  );
};
