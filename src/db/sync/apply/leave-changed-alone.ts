import { notApplied } from '../../../core/change-line.ts';
import { due, lockContacts, params, type Range } from './range.ts';

/** Locks the contacts of the stretch and leaves alone whose contact has changed since the plan was made. */
export const leaveChangedAlone = async (range: Range, actions: string): Promise<void> => {
  await lockContacts(range, due(actions));
  await range.client.query(
    `UPDATE ${range.attempt.plan} AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE_PLAN',
       reason = $5
     WHERE ${due(actions)} AND NOT EXISTS (
       SELECT FROM contact WHERE contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
         AND contact.version = change.contact_version)`,
    [...params(range), notApplied.contactChanged],
  );
};
