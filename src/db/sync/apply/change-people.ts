import { type CreationTurns, createContacts, giveValues } from '../../contact/change-contact.ts';
import type { Put } from '../../contact/write-history.ts';
import { keyOfNew } from '../known-elsewhere.ts';
import { due, leaveChangedAlone, params, type Range, rowsOf, setOf } from './range.ts';
import { rememberNames } from './remember-names.ts';

/** Creates the contacts of new people, and links them. */
export function createPeople(range: Range, turns: CreationTurns): Promise<void> {
  const { ids } = range.attempt;
  return createContacts(setOf(range), rowsOf(range, due(`'CREATE'`)), {
    personKey: (put: Put): string => (ids === null ? 'NULL' : keyOfNew(put(ids.name))),
    writeLinks: () => insertLinks(range),
    turns,
  });
}

async function insertLinks(range: Range): Promise<void> {
  await range.client.query(
    `INSERT INTO contact_link (workspace_id, connection_id, external_id, contact_id, person, hash, fills_id, person_ref,
       linked_at, last_seen_at, photo_due)
     SELECT change.workspace_id, $5, change.person_id, change.contact_id, change.person, change.hash, change.fills_id, change.person_ref,
       clock.now, clock.now, ${range.attempt.photo}
     FROM ${range.attempt.plan} AS change, (SELECT clock_timestamp() AS now) AS clock
     WHERE ${due(`'CREATE'`)}`,
    [...params(range), range.attempt.connectionId],
  );
}

/** SQL: the current state of the contact's links by other connections, as one number (see `recheckOf` in find-candidates.ts). */
const othersRecheck = `(
  SELECT coalesce(sum(other.recheck), 0) * 1000 + count(*) FROM contact_link AS other
  WHERE other.workspace_id = change.workspace_id AND other.contact_id = change.contact_id AND other.connection_id <> $5)`;

const actions = `'UPDATE', 'LINK', 'REACTIVATE'`;

/** Changes existing contacts as planned, and their links: UPDATE, LINK, REACTIVATE. */
export async function changePeople(range: Range): Promise<void> {
  await leaveChangedAlone(range, actions);
  await giveValues(setOf(range), rowsOf(range, due(actions)), () => writeLinks(range));
}

async function writeLinks(range: Range): Promise<void> {
  const { client, attempt } = range;
  await rememberNames(range, due(actions));
  // A link that lost its person gives way to the new link of the same connection. The comparison as text makes the planner look
  // links up by contact. Without statistics of the connection it would read all of its links, once per contact.
  await client.query(
    `DELETE FROM contact_link AS link
     WHERE link.workspace_id = $1 AND link.connection_id::text = $5
       AND link.contact_id = ANY(ARRAY(SELECT change.contact_id FROM ${attempt.plan} AS change WHERE ${due(`'LINK'`)}))`,
    [...params(range), attempt.connectionId],
  );
  await client.query(
    `INSERT INTO contact_link AS link (workspace_id, connection_id, external_id, contact_id, person, hash, fills_id, person_ref, linked_at,
       last_seen_at, recheck, photo_due)
     SELECT change.workspace_id, $5, change.person_id, change.contact_id, change.person,
       CASE WHEN own.linked OR change.link_recheck = ${othersRecheck} THEN change.hash END, change.fills_id,
       change.person_ref, clock_timestamp(), clock_timestamp(), CASE WHEN own.linked THEN change.link_recheck ELSE 0 END,
       ${attempt.photo}
     FROM ${attempt.plan} AS change
     CROSS JOIN LATERAL (SELECT (
       SELECT true FROM contact_link AS link
       WHERE link.workspace_id = $1 AND link.connection_id = $5 AND link.external_id = change.person_id LIMIT 1) IS NOT NULL AS linked) AS own
     WHERE ${due(actions)}
     ON CONFLICT (workspace_id, connection_id, external_id) DO UPDATE
     SET person = excluded.person, hash = CASE WHEN link.recheck = excluded.recheck THEN excluded.hash END,
       fills_id = excluded.fills_id, person_ref = coalesce(excluded.person_ref, link.person_ref), gone_since = NULL,
       last_seen_at = excluded.last_seen_at, photo_due = link.photo_due OR excluded.photo_due`,
    [...params(range), attempt.connectionId],
  );
}
