import { notApplied } from '../../../core/change-line.ts';
import { deactivateContacts, deleteContacts } from '../../contact/change-contact.ts';
import { leaveChangedAlone } from './leave-changed-alone.ts';
import { due, params, paramsOfHistory, type Range, rowsOf, setOf } from './range.ts';

/** Deactivates or deletes the contacts of people who are gone. */
export const dropPeople = async (range: Range): Promise<void> => {
  await leaveChangedAlone(range, `'DEACTIVATE', 'DELETE'`);
  await leaveFedAlone(range);
  await deactivateContacts(setOf(range), rowsOf(range, due(`'DEACTIVATE'`)));
  await markGone(range, `change.action = 'DEACTIVATE'`);
  await deleteContacts(setOf(range), rowsOf(range, due(`'DELETE'`)));
};

/** Whom another connection has found again since the plan was made; the contacts are locked, so nobody comes in between. */
const leaveFedAlone = async (range: Range): Promise<void> => {
  await range.client.query(
    `UPDATE ${range.attempt.plan} AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE_PLAN',
       reason = $6
     WHERE ${due(`'DEACTIVATE', 'DELETE'`)} AND EXISTS (
       SELECT FROM contact_link AS other WHERE other.workspace_id = change.workspace_id AND other.contact_id = change.contact_id
         AND other.connection_id <> $5 AND other.gone_since IS NULL)`,
    [...params(range), range.attempt.connectionId, notApplied.foundByAnother],
  );
};

/** Notes with the links what the history has told of the stretch, under this condition: since when people are gone. */
export const markGone = async (range: Range, condition: string): Promise<void> => {
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
};
