import { OrphanedContacts } from '../../core/connection.ts';
import { contactChanged } from '../contact-changed.ts';
import { lookAgain } from '../look-again.ts';
import { byList } from '../planner-hints.ts';
import type { Transaction } from '../workspace-scope.ts';

/** Contacts that this connection links, $1 the workspace, $2 the connection. */
const linked = `
  SELECT contact_link.contact_id FROM contact_link
  WHERE contact_link.workspace_id = $1 AND contact_link.connection_id = $2`;

/**
 * Contacts that nobody feeds once this connection is gone: it does now, or they only wait for the end of their grace, and no
 * other connection does.
 */
const orphaned = `
  contact.workspace_id = $1 AND EXISTS (
    SELECT FROM contact_link AS own
    WHERE own.workspace_id = contact.workspace_id AND own.contact_id = contact.id AND own.connection_id = $2
      AND (own.gone_since IS NULL OR contact.removal_due_at IS NOT NULL))
  AND NOT EXISTS (
    SELECT FROM contact_link AS other
    WHERE other.workspace_id = contact.workspace_id AND other.contact_id = contact.id AND other.connection_id <> $2
      AND other.gone_since IS NULL)`;

const statements: Record<OrphanedContacts, string> = {
  // Only a removal that is no longer to come changes a contact that is kept.
  KEEP: `UPDATE contact SET removal_due_at = NULL, ${contactChanged} WHERE contact.removal_due_at IS NOT NULL AND ${orphaned}`,
  DEACTIVATE: `
    UPDATE contact SET status = 'INACTIVE', portal_access_before = contact.portal_access, portal_access = false,
      removal_due_at = NULL, ${contactChanged}
    WHERE contact.status = 'ACTIVE' AND ${orphaned}`,
  DELETE: `DELETE FROM contact WHERE ${orphaned}`,
};

/**
 * Lets go of all contacts of a connection that is being deleted: those that only it feeds as told, the others left to who
 * else feeds them, at their next run. Contacts are locked first, in the order in which a sync locks them, so that no link
 * of another connection comes in between.
 */
export async function releaseContacts(
  { query, workspaceId }: Transaction,
  connectionId: string,
  contacts: OrphanedContacts,
): Promise<void> {
  const key = [workspaceId, connectionId];
  // A workspace without statistics counts as one contact: for each of its contacts all links would be gone through.
  await query(byList);
  await query(
    `SELECT count(*) FROM (
       SELECT FROM contact WHERE contact.workspace_id = $1 AND contact.id IN (${linked}) ORDER BY contact.id FOR UPDATE) AS locked`,
    key,
  );
  await query(statements[contacts], key);
  if (contacts === OrphanedContacts.DELETE) {
    await query(
      `DELETE FROM contact_link AS stale
       WHERE stale.workspace_id = $1 AND stale.connection_id <> $2 AND stale.contact_id IN (${linked})
         AND NOT EXISTS (SELECT FROM contact WHERE contact.workspace_id = stale.workspace_id AND contact.id = stale.contact_id)`,
      key,
    );
  }
  await query(
    `UPDATE contact_link AS link SET ${lookAgain}
     WHERE link.workspace_id = $1 AND link.connection_id <> $2 AND link.contact_id IN (${linked})`,
    key,
  );
  await query('DELETE FROM contact_link WHERE contact_link.workspace_id = $1 AND contact_link.connection_id = $2', key);
}
