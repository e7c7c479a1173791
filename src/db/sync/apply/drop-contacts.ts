import { contactChanged } from '../../contact-changed.ts';
import { leaveChangedAlone } from './leave-changed-alone.ts';
import { due, params, type Range } from './range.ts';
import { type After, writeChanges } from './write-history.ts';

const deactivated: After = {
  version: 'contact.version + 1',
  status: `'INACTIVE'`,
  portalAccessBefore: 'contact.portal_access',
  removalDueAt: 'NULL',
  fillsId: 'own.fills_id',
  goneSince: 'coalesce(own.gone_since, clock.now)',
};
const deleted: After = {
  version: 'NULL',
  status: 'NULL',
  portalAccessBefore: 'NULL',
  removalDueAt: 'NULL',
  fillsId: 'NULL',
  goneSince: 'NULL',
};

/** Deactivates or deletes the contacts of people who are gone. */
export const dropContacts = async (range: Range): Promise<void> => {
  const { client } = range;
  await leaveChangedAlone(range, `'DEACTIVATE', 'DELETE'`);
  await leaveFedAlone(range);
  await writeChanges(range, { condition: due(`'DEACTIVATE'`), after: deactivated, links: 'own' });
  await writeChanges(range, { condition: due(`'DELETE'`), after: deleted, links: 'all' });
  await client.query(
    `UPDATE contact SET status = 'INACTIVE', portal_access_before = contact.portal_access, portal_access = false, removal_due_at = NULL,
       ${contactChanged}
     FROM ${range.attempt.plan} AS change
     WHERE ${due(`'DEACTIVATE'`)} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id`,
    params(range),
  );
  await markGone(range, `'DEACTIVATE'`);
  await client.query(
    `DELETE FROM contact_link AS link USING ${range.attempt.plan} AS change
     WHERE ${due(`'DELETE'`)} AND link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id`,
    params(range),
  );
  await client.query(
    `DELETE FROM contact USING ${range.attempt.plan} AS change
     WHERE ${due(`'DELETE'`)} AND contact.workspace_id = change.workspace_id AND contact.id = change.contact_id`,
    params(range),
  );
};

/** Whom another connection has found again since the plan was made; the contacts are locked, so nobody comes in between. */
const leaveFedAlone = async (range: Range): Promise<void> => {
  await range.client.query(
    `UPDATE ${range.attempt.plan} AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE_PLAN',
       reason = 'another connection has found the person since the plan was made'
     WHERE ${due(`'DEACTIVATE', 'DELETE'`)} AND EXISTS (
       SELECT FROM contact_link AS other WHERE other.workspace_id = change.workspace_id AND other.contact_id = change.contact_id
         AND other.connection_id <> $5 AND other.gone_since IS NULL)`,
    [...params(range), range.attempt.connectionId],
  );
};

const markGone = async (range: Range, actions: string): Promise<void> => {
  await range.client.query(
    `UPDATE contact_link AS link SET gone_since = coalesce(link.gone_since, clock_timestamp()),
       last_seen_at = greatest(connection.last_complete_read_at, link.last_seen_at)
     FROM ${range.attempt.plan} AS change, connection
     WHERE ${due(actions)} AND link.workspace_id = change.workspace_id AND link.connection_id = $5 AND link.external_id = change.person_id
       AND connection.workspace_id = link.workspace_id AND connection.id = link.connection_id`,
    [...params(range), range.attempt.connectionId],
  );
};
