import { removalDueAt } from '../../../core/absence.ts';
import { notApplied } from '../../../core/change-line.ts';
import { deactivateContacts, deleteContacts, lookAgain, noteRemoval } from '../../contact/change-contact.ts';
import type { Besides } from '../../contact/write-history.ts';
import { readAbsent } from '../absent-people.ts';
import { due, leaveChangedAlone, lockContacts, params, paramsOfHistory, type Range, rowsOf, setOf } from './range.ts';

/** Deactivates or deletes the contacts of people who are gone. */
export async function dropPeople(range: Range): Promise<void> {
  await leaveChangedAlone(range, `'DEACTIVATE', 'DELETE'`);
  await leaveFedAlone(range);
  await deactivateContacts(setOf(range), rowsOf(range, due(`'DEACTIVATE'`)));
  await markGone(range, `change.action = 'DEACTIVATE'`);
  await deleteContacts(setOf(range), rowsOf(range, due(`'DELETE'`)));
}

/** Leaves people alone whom another connection has found since the plan was made. The contacts are locked, so none can come later. */
async function leaveFedAlone(range: Range): Promise<void> {
  await range.client.query(
    `UPDATE ${range.attempt.plan} AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE_PLAN',
       reason = $6
     WHERE ${due(`'DEACTIVATE', 'DELETE'`)} AND EXISTS (
       SELECT FROM contact_link AS other WHERE other.workspace_id = change.workspace_id AND other.contact_id = change.contact_id
         AND other.connection_id <> $5 AND other.gone_since IS NULL)`,
    [...params(range), range.attempt.connectionId, notApplied.foundByAnother],
  );
}

/** Copies from the stretch's history into the links since when people are gone. `condition`: SQL, for which rows. */
export async function markGone(range: Range, condition: string): Promise<void> {
  await range.client.query(
    `UPDATE contact_link AS link SET gone_since = change.gone_since,
       last_seen_at = greatest(connection.last_complete_read_at, link.last_seen_at)
     FROM contact_change AS change, connection
     WHERE change.workspace_id = $1 AND change.change_set = $2 AND change.position BETWEEN $3 AND $4 AND change.outcome IS NULL
       AND ${condition} AND link.workspace_id = change.workspace_id AND link.connection_id = $5
       AND link.external_id = change.person_id
       AND connection.workspace_id = link.workspace_id AND connection.id = link.connection_id`,
    [...paramsOfHistory(range), range.attempt.connectionId],
  );
}

const absent = `${due(`'NONE'`)} AND change.stays IN ('NEWLY_GONE', 'STILL_GONE')`;

/**
 * SQL: since when the person is gone, and when their contact is to be removed, by the facts now that the contacts are locked. When
 * the connection no longer links the contact, its date of removal stays as it is.
 */
async function absencesOf({ client, attempt, ...range }: Range): Promise<Besides> {
  const { rows } = await client.query<{ person_id: string }>(
    `SELECT change.person_id FROM ${attempt.plan} AS change WHERE ${absent}`,
    params({ client, attempt, ...range }),
  );
  const ids = rows.map(({ person_id }) => person_id);
  const { at, people } = await readAbsent((sql, values) => client.query(sql, values), attempt, ids);
  const due = people.map((person) => [person.contact.id, removalDueAt(person, attempt.removal, at)]);
  const dueOf = JSON.stringify(Object.fromEntries(due));
  return (put) => `
    , LATERAL (SELECT coalesce(own.gone_since, ${put(at)}::timestamptz) AS since) AS absence
    , LATERAL (SELECT ${put(dueOf)}::jsonb AS of) AS due
    , LATERAL (SELECT CASE WHEN due.of ? contact.id::text THEN (due.of ->> contact.id::text)::timestamptz
        ELSE contact.removal_due_at END AS due) AS removal`;
}

/**
 * For a person who is gone while the contact stays: notes that with the link, and notes with the contact when it will be removed.
 * The date may differ from last time, because the policy may have changed.
 */
export async function noteAbsence(range: Range): Promise<void> {
  const { client, attempt } = range;
  // Another connection that finds the person now comes before us and is seen below, or waits for us.
  await lockContacts(range, absent);
  const written = await noteRemoval(setOf(range), rowsOf(range, absent), {
    removalDueAt: 'removal.due',
    goneSince: 'absence.since',
    besides: await absencesOf(range),
  });
  if (written === 0) return;
  await markGone(range, `change.stays IN ('NEWLY_GONE', 'STILL_GONE') AND link.gone_since IS NULL`);
  await client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM ${attempt.plan} AS change
     WHERE ${due(`'NONE'`)} AND change.stays = 'NEWLY_GONE' AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id <> $5`,
    [...params(range), attempt.connectionId],
  );
}
