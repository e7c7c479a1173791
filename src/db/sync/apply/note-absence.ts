import { contactChanged } from '../../contact-changed.ts';
import { lookAgain } from '../../look-again.ts';
import { endOfGrace } from '../plan-gone.ts';
import { due, lockContacts, params, type Range } from './range.ts';

/**
 * Notes with the link that a person is gone while the contact stays, and with the contact when it will be removed, which
 * another policy than the last time may have changed.
 */
export const noteAbsence = async (range: Range): Promise<void> => {
  const { client, attempt } = range;
  const absent = `${due(`'NONE'`)} AND change.code IN ('GONE', 'GONE_BEFORE')`;
  // Another connection that finds the person again just now is waited for, or waits: what is noted below knows of it.
  await lockContacts(range, absent);
  await client.query(
    `UPDATE contact_link AS link SET gone_since = clock_timestamp(),
       last_seen_at = greatest(connection.last_complete_read_at, link.last_seen_at)
     FROM contact_change AS change, connection
     WHERE ${absent} AND link.workspace_id = change.workspace_id AND link.connection_id = $5
       AND link.external_id = change.person_id AND link.gone_since IS NULL
       AND connection.workspace_id = link.workspace_id AND connection.id = link.connection_id`,
    [...params(range), attempt.connectionId],
  );
  await client.query(
    `UPDATE contact SET removal_due_at = noted.due, ${contactChanged}
     FROM (
       SELECT change.workspace_id, change.contact_id,
         CASE WHEN $6::int > 0 AND $7 <> 'KEEP' THEN ${endOfGrace('link.gone_since', '$6')} END AS due
       FROM contact_change AS change
       JOIN contact_link AS link ON link.workspace_id = change.workspace_id AND link.connection_id = $5
         AND link.external_id = change.person_id
       WHERE ${absent} AND NOT EXISTS (
         SELECT FROM contact_link AS other WHERE other.workspace_id = link.workspace_id AND other.contact_id = link.contact_id
           AND other.connection_id <> link.connection_id AND (other.gone_since IS NULL
             OR (other.gone_since, other.connection_id) > (link.gone_since, link.connection_id)))) AS noted
     WHERE contact.workspace_id = noted.workspace_id AND contact.id = noted.contact_id AND contact.status = 'ACTIVE'
       AND contact.removal_due_at IS DISTINCT FROM noted.due`,
    [...params(range), attempt.connectionId, attempt.removal.graceDays, attempt.removal.action],
  );
  await client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM contact_change AS change
     WHERE ${due(`'NONE'`)} AND change.code = 'GONE' AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id <> $5`,
    [...params(range), attempt.connectionId],
  );
};
