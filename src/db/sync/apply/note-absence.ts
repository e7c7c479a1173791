import { noteRemoval } from '../../contact/change-contact.ts';
import { lookAgain } from '../../contact/look-again.ts';
import type { Put } from '../../contact/write-history.ts';
import { markGone } from './drop-people.ts';
import { due, lockContacts, params, type Range, rowsOf, setOf } from './range.ts';

/** When the grace of an absence ends; days of 24 hours, whatever the session's time zone. */
const endOfGrace = (since: string, days: string): string => `${since} + make_interval(hours => 24 * ${days}::int)`;

const absent = `${due(`'NONE'`)} AND change.stays IN ('NEWLY_GONE', 'STILL_GONE')`;

/** Since when the person is gone, and when their contact is to be removed: a contact that others feed, or lost later, is theirs. */
const absence =
  ({ attempt: { connectionId, removal } }: Range) =>
  (put: Put): string =>
    `
  , LATERAL (SELECT coalesce(own.gone_since, clock.now) AS since) AS absence
  , LATERAL (SELECT CASE
      WHEN contact.status <> 'ACTIVE' OR own.contact_id IS NULL OR EXISTS (
        SELECT FROM contact_link AS other WHERE other.workspace_id = contact.workspace_id AND other.contact_id = contact.id
          AND other.connection_id <> ${put(connectionId)}::uuid AND (other.gone_since IS NULL
            OR (other.gone_since, other.connection_id) > (absence.since, own.connection_id))) THEN contact.removal_due_at
      WHEN ${put(removal.graceDays)}::int > 0 AND ${put(removal.action)}::text <> 'KEEP'
        THEN ${endOfGrace('absence.since', put(removal.graceDays))} END AS due) AS removal`;

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
    besides: absence(range),
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
