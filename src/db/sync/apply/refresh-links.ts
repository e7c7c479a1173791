import { contactChanged } from '../../contact-changed.ts';
import { lookAgain } from '../../look-again.ts';
import { due, params, type Range } from './range.ts';
import { type After, writeChanges } from './write-history.ts';

const found = `${due(`'NONE'`)} AND change.stays = 'AS_BEFORE'`;

/** The link of the person whom `change` is about: $5 the connection. */
const own = (link: string): string =>
  `${link}.workspace_id = change.workspace_id AND ${link}.connection_id = $5 AND ${link}.external_id = change.person_id`;

const withConnection = (range: Range): unknown[] => [...params(range), range.attempt.connectionId];

const stays: After = {
  version: 'contact.version + 1',
  status: 'contact.status',
  portalAccessBefore: 'contact.portal_access_before',
  removalDueAt: 'NULL',
  fillsId: 'change.fills_id',
  goneSince: 'CASE WHEN contact.version <> change.contact_version THEN own.gone_since END',
};

/** People looked at again and found as before: their links are up to date again. The history tells of those whose
 * contact stays after all. */
export const refreshLinks = async (range: Range): Promise<void> => {
  await lockReturning(range);
  await writeChanges(range, {
    condition: `${found} AND contact.removal_due_at IS NOT NULL`,
    after: stays,
    links: 'own',
  });
  await tellOthers(range);
  await renewLinks(range);
  await clearRemoval(range);
};

/** Of people who were gone until now: a removal of the contact is waited for, or waits and then sees the link. */
const lockReturning = async (range: Range): Promise<void> => {
  await range.client.query(
    `SELECT FROM contact
     WHERE (contact.workspace_id, contact.id) IN (
       SELECT change.workspace_id, change.contact_id FROM ${range.attempt.plan} AS change
       JOIN contact_link AS link ON ${own('link')}
       WHERE ${found} AND link.gone_since IS NOT NULL)
     ORDER BY contact.id FOR UPDATE`,
    withConnection(range),
  );
};

/** What this connection no longer fills is up to the others. */
const tellOthers = async (range: Range): Promise<void> => {
  await range.client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM ${range.attempt.plan} AS change, contact_link AS ours
     WHERE ${found} AND ${own('ours')} AND ours.fills_id IS DISTINCT FROM change.fills_id
       AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id AND link.connection_id <> $5`,
    withConnection(range),
  );
};

/** Where the contact, or what is known of its other links, has changed since the plan was made, the person is looked at again. */
const renewLinks = async (range: Range): Promise<void> => {
  await range.client.query(
    `UPDATE contact_link AS link SET fills_id = change.fills_id, person = change.person, last_seen_at = clock_timestamp(),
       hash = CASE WHEN contact.version = change.contact_version AND link.recheck = change.link_recheck THEN change.hash END,
       gone_since = CASE WHEN contact.version <> change.contact_version THEN link.gone_since END
     FROM ${range.attempt.plan} AS change, contact
     WHERE ${found} AND ${own('link')} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id`,
    withConnection(range),
  );
};

/** The contact of somebody in their grace stays after all. */
const clearRemoval = async (range: Range): Promise<void> => {
  await range.client.query(
    `UPDATE contact SET removal_due_at = NULL, ${contactChanged}
     FROM ${range.attempt.plan} AS change
     WHERE ${found} AND contact.workspace_id = change.workspace_id
       AND contact.id = change.contact_id AND contact.removal_due_at IS NOT NULL`,
    params(range),
  );
};
