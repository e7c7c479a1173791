import { lookAgain, noteRemoval } from '../../contact/change-contact.ts';
import { due, params, type Range, rowsOf, setOf } from './range.ts';
import { rememberNames } from './remember-names.ts';

const found = `${due(`'NONE'`)} AND change.stays = 'AS_BEFORE'`;

/** SQL: the condition for the link of the change's person. $5: the connection. */
function own(link: string): string {
  return `${link}.workspace_id = change.workspace_id AND ${link}.connection_id = $5 AND ${link}.external_id = change.person_id`;
}

function withConnection(range: Range): unknown[] {
  return [...params(range), range.attempt.connectionId];
}

/**
 * For people who were looked at again and found as before: renews their links. The history gets a row when a contact that was to
 * be removed stays.
 */
export async function refreshLinks(range: Range): Promise<void> {
  await lockReturning(range);
  const staying = await clearRemoval(range);
  await tellOthers(range);
  await rememberNames(range, found);
  await renewLinks(range, staying > 0);
}

/** Locks the contacts of people who were gone until now. A removal comes before us, or waits for us and then sees the link. */
async function lockReturning(range: Range): Promise<void> {
  await range.client.query(
    `SELECT FROM contact
     WHERE (contact.workspace_id, contact.id) IN (
       SELECT change.workspace_id, change.contact_id FROM ${range.attempt.plan} AS change
       JOIN contact_link AS link ON ${own('link')}
       WHERE ${found} AND link.gone_since IS NOT NULL)
     ORDER BY contact.id FOR UPDATE`,
    withConnection(range),
  );
}

/** When this connection fills other fields than before, the other connections look at the contact again. */
async function tellOthers(range: Range): Promise<void> {
  await range.client.query(
    `UPDATE contact_link AS link SET ${lookAgain} FROM ${range.attempt.plan} AS change, contact_link AS ours
     WHERE ${found} AND ${own('ours')} AND ours.fills_id IS DISTINCT FROM change.fills_id
       AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id AND link.connection_id <> $5`,
    withConnection(range),
  );
}

/** Calls off the removal of contacts whose person is back within the grace period. */
function clearRemoval(range: Range): Promise<number> {
  return noteRemoval(setOf(range), rowsOf(range, `${found} AND contact.removal_due_at IS NOT NULL`));
}

/**
 * Renews the links. If the contact, or a request to look at the link again, has changed since the plan was made, the next run looks
 * at the person again. The version that `clearRemoval` has just added does not count as a change.
 */
async function renewLinks(range: Range, anyStays: boolean): Promise<void> {
  const ofOurs = anyStays
    ? `(SELECT count(*) FROM contact_change AS told WHERE told.workspace_id = change.workspace_id
          AND told.change_set = change.run_id AND told.position = change.position + ${range.attempt.base})`
    : '0';
  await range.client.query(
    `UPDATE contact_link AS link SET fills_id = change.fills_id, person = change.person,
       person_ref = coalesce(change.person_ref, link.person_ref), photo_due = link.photo_due OR ${range.attempt.photo}, last_seen_at = clock_timestamp(),
       hash = CASE WHEN seen.is_same AND link.recheck = change.link_recheck THEN change.hash END,
       gone_since = CASE WHEN NOT seen.is_same THEN link.gone_since END
     FROM ${range.attempt.plan} AS change, contact,
       LATERAL (SELECT contact.version - ${ofOurs} = change.contact_version AS is_same) AS seen
     WHERE ${found} AND ${own('link')} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id`,
    withConnection(range),
  );
}
