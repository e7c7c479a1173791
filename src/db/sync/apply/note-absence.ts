import { contactChanged } from '../../contact-changed.ts';
import { lookAgain } from '../../look-again.ts';
import { due, lockContacts, paramsOfHistory, type Range } from './range.ts';
import { type After, writeChanges } from './write-history.ts';

/** When the grace of an absence ends; days of 24 hours, whatever the session's time zone. */
const endOfGrace = (since: string, days: string): string => `${since} + make_interval(hours => 24 * ${days}::int)`;

const absent = `${due(`'NONE'`)} AND change.stays IN ('NEWLY_GONE', 'STILL_GONE')`;

/** Since when the person is gone, and when their contact is to be removed: $6 days of grace, $7 the policy's action. */
const absence = `
  , LATERAL (SELECT coalesce(own.gone_since, clock.now) AS since) AS absence
  , LATERAL (SELECT CASE
      WHEN contact.status <> 'ACTIVE' OR own.contact_id IS NULL OR EXISTS (
        SELECT FROM contact_link AS other WHERE other.workspace_id = contact.workspace_id AND other.contact_id = contact.id
          AND other.connection_id <> $5 AND (other.gone_since IS NULL
            OR (other.gone_since, other.connection_id) > (absence.since, own.connection_id))) THEN contact.removal_due_at
      WHEN $6::int > 0 AND $7 <> 'KEEP' THEN ${endOfGrace('absence.since', '$6')} END AS due) AS removal`;

const noted: After = {
  version: 'contact.version + (contact.removal_due_at IS DISTINCT FROM removal.due)::int',
  status: 'contact.status',
  portalAccessBefore: 'contact.portal_access_before',
  removalDueAt: 'removal.due',
  fillsId: 'own.fills_id',
  goneSince: 'absence.since',
};

/** What the history has been told of the stretch, to be carried out. */
const told = `change.workspace_id = $1 AND change.change_set = $2 AND change.position BETWEEN $3 AND $4 AND change.outcome IS NULL
  AND change.stays IN ('NEWLY_GONE', 'STILL_GONE')`;

/**
 * Notes with the link that a person is gone while the contact stays, and with the contact when it will be removed, which
 * another policy than the last time may have changed.
 */
export const noteAbsence = async (range: Range): Promise<void> => {
  const { client, attempt } = range;
  // Another connection that finds the person again just now is waited for, or waits: what is noted below knows of it.
  await lockContacts(range, absent);
  const { graceDays, action } = attempt.removal;
  await writeChanges(range, {
    condition: absent,
    after: noted,
    links: 'own',
    besides: { sql: absence, params: [graceDays, action] },
  });
  const ofConnection = [...paramsOfHistory(range), attempt.connectionId];
  await client.query(
    `UPDATE contact_link AS link SET gone_since = change.gone_since,
       last_seen_at = greatest(connection.last_complete_read_at, link.last_seen_at)
     FROM contact_change AS change, connection
     WHERE ${told} AND link.workspace_id = change.workspace_id AND link.connection_id = $5
       AND link.external_id = change.person_id AND link.gone_since IS NULL
       AND connection.workspace_id = link.workspace_id AND connection.id = link.connection_id`,
    ofConnection,
  );
  await client.query(
    `UPDATE contact SET removal_due_at = change.removal_due_at, ${contactChanged} FROM contact_change AS change
     WHERE ${told} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
       AND contact.removal_due_at IS DISTINCT FROM change.removal_due_at`,
    paramsOfHistory(range),
  );
  await client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM contact_change AS change
     WHERE ${told} AND change.stays = 'NEWLY_GONE' AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
       AND link.connection_id <> $5`,
    ofConnection,
  );
};
