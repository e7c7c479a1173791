import { removalDueAt } from '../../../core/absence.ts';
import { noteRemoval } from '../../contact/change-contact.ts';
import { lookAgain } from '../../contact/look-again.ts';
import type { Besides } from '../../contact/write-history.ts';
import { readAbsent } from '../absent-people.ts';
import { markGone } from './drop-people.ts';
import { due, lockContacts, params, type Range, rowsOf, setOf } from './range.ts';

const absent = `${due(`'NONE'`)} AND change.stays IN ('NEWLY_GONE', 'STILL_GONE')`;

/**
 * Since when the person is gone, and when their contact is to be removed, by what is known now that the contacts are locked.
 * Where the connection does not link the contact any more, nothing is noted with it.
 */
const absencesOf = async ({ client, attempt, ...range }: Range): Promise<Besides> => {
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
};

/**
 * Notes with the link that a person is gone while the contact stays, and with the contact when it will be removed, which
 * another policy than the last time may have changed.
 */
export const noteAbsence = async (range: Range): Promise<void> => {
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
};
