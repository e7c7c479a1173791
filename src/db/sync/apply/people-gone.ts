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

/** Whom another connection has found again since the plan was made; the contacts are locked, so nobody comes in between. */
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

/** Notes with the links what the history has told of the stretch, under this condition: since when people are gone. */
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
 * Since when the person is gone, and when their contact is to be removed, by what is known now that the contacts are locked.
 * Where the connection does not link the contact any more, nothing is noted with it.
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
 * Notes with the link that a person is gone while the contact stays, and with the contact when it will be removed, which
 * another policy than the last time may have changed.
 */
export async function noteAbsence(range: Range): Promise<void> {
  const { client, attempt } = range;
  // Another connection that finds the person again just now is waited for, or waits: what is noted below knows of it.
  await lockContacts(range, absent);
  const told = await noteRemoval(setOf(range), rowsOf(range, absent), {
    removalDueAt: 'removal.due',
    goneSince: 'absence.since',
    besides: await absencesOf(range),
  });
  if (told === 0) return;
  await markGone(range, `change.stays IN ('NEWLY_GONE', 'STILL_GONE') AND link.gone_since IS NULL`);
  await client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM ${attempt.plan} AS change
     WHERE ${due(`'NONE'`)} AND change.stays = 'NEWLY_GONE' AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id <> $5`,
    [...params(range), attempt.connectionId],
  );
}
