import { uuidv7 } from 'uuidv7';
import type { Actor } from '../../core/access.ts';
import { OrphanedContacts } from '../../core/connection.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Transaction } from '../api-transaction.ts';
import { deactivateContacts, deleteContacts, lookAgain, noteRemoval } from '../contact/change-contact.ts';
import { valuesOf } from '../contact/contact-columns.ts';
import { tellFeed } from '../contact/tell-feed.ts';
import type { ChangeRows, ChangeSet } from '../contact/write-history.ts';
import { byList } from '../planner-hints.ts';
import { closeRun } from '../run/life/close-run.ts';
import { type RunRow, runColumns } from '../run/run-row.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';

/** The actor that cancels the runs of a deleted connection. */
const deletion: Actor = { kind: 'SERVICE', id: null, name: 'the deletion of the connection' };

/**
 * Deletes a connection with its links, photos and secrets. Its runs stay, without a connection. Runs that have not ended are cancelled
 * at once, and their workers are fenced off, so nothing is written after the deletion. False: there is no such connection.
 */
export async function deleteConnection(
  scope: WorkspaceScope,
  id: string,
  contacts: OrphanedContacts,
  by: Actor,
): Promise<boolean> {
  if (!isUuid(id)) return false;
  return scope.write(async (transaction) => {
    const { query, workspaceId } = transaction;
    const found = await query(
      'SELECT FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2 FOR UPDATE',
      [workspaceId, id],
    );
    if (found.length === 0) return false;
    await cancelRuns(transaction, id);
    const changeSet = await releaseContacts(transaction, id, contacts, by);
    await query(
      `UPDATE run SET connection_id = NULL, former_connection_id = run.connection_id
       WHERE run.workspace_id = $1 AND run.connection_id = $2`,
      [workspaceId, id],
    );
    for (const table of ['quality_finding', 'quality_doubt', 'quality_read'])
      await query(`DELETE FROM ${table} AS kept WHERE kept.workspace_id = $1 AND kept.connection_id = $2`, [
        workspaceId,
        id,
      ]);
    await query('DELETE FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2', [workspaceId, id]);
    await tellFeed(transaction.client, workspaceId, { changeSet, first: 1, last: Number.MAX_SAFE_INTEGER });
    return true;
  });
}

async function cancelRuns({ query, client, workspaceId }: Transaction, id: string): Promise<void> {
  const runs = await query<RunRow>(
    `SELECT ${runColumns} FROM open_run JOIN run ON run.workspace_id = open_run.workspace_id AND run.id = open_run.run_id
     WHERE open_run.workspace_id = $1 AND open_run.connection_id = $2 FOR UPDATE OF run`,
    [workspaceId, id],
  );
  for (const run of runs) await closeRun(client, run, { status: 'CANCELLED', by: deletion });
}

/** SQL: the contacts that this connection links. $1: workspace, $2: connection. */
const linked = `
  SELECT contact_link.contact_id FROM contact_link
  WHERE contact_link.workspace_id = $1 AND contact_link.connection_id = $2`;

/**
 * SQL: whether nobody feeds the contact when this connection is gone. Then no other connection feeds it, and this one
 * feeds it now, or was the last to feed it and its grace period has not ended. When several lost the person at the same
 * moment, the one with the highest id counts as the last (see core/absence.ts).
 */
const orphaned = `
  contact.workspace_id = $1 AND EXISTS (
    SELECT FROM contact_link AS own
    WHERE own.workspace_id = contact.workspace_id AND own.contact_id = contact.id AND own.connection_id = $2
      AND (own.gone_since IS NULL OR contact.removal_due_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM contact_link AS later
        WHERE later.workspace_id = own.workspace_id AND later.contact_id = own.contact_id
          AND (later.gone_since, later.connection_id) > (own.gone_since, own.connection_id))))
  AND NOT EXISTS (
    SELECT FROM contact_link AS other
    WHERE other.workspace_id = contact.workspace_id AND other.contact_id = contact.id AND other.connection_id <> $2
      AND other.gone_since IS NULL)`;

type Release = {
  action: 'NONE' | 'DEACTIVATE' | 'DELETE';
  which: string;
  carryOut: (set: ChangeSet, rows: ChangeRows) => Promise<unknown>;
};

const releases: Record<OrphanedContacts, Release> = {
  // A contact that is kept changes only if it was to be removed later: that is called off.
  KEEP: {
    action: 'NONE',
    which: 'contact.removal_due_at IS NOT NULL',
    carryOut: (set, rows) => noteRemoval(set, rows),
  },
  DEACTIVATE: {
    action: 'DEACTIVATE',
    which: `contact.status = 'ACTIVE'`,
    carryOut: deactivateContacts,
  },
  DELETE: { action: 'DELETE', which: 'true', carryOut: deleteContacts },
};

/** The contacts that a release changes, as rows of changes. */
function rowsOf({ action, which }: Release, key: string[]): ChangeRows {
  return {
    from: `(
    SELECT contact.workspace_id, contact.id AS contact_id, row_number() OVER (ORDER BY contact.id) AS position,
      '${action}' AS action, NULL AS stays, NULL AS outcome, NULL AS code, 'its connection was deleted' AS reason, own.person,
      own.external_id AS person_id, contact.display_name AS contact_name, ${valuesOf('contact')} AS before
    FROM contact JOIN contact_link AS own ON own.workspace_id = contact.workspace_id AND own.contact_id = contact.id
      AND own.connection_id = $2
    WHERE ${orphaned} AND ${which})`,
    where: 'true',
    params: key,
    base: 0,
    first: 1,
    last: Number.MAX_SAFE_INTEGER,
  };
}

/**
 * Releases all contacts of a connection that is being deleted. `contacts` decides about those that only this connection
 * feeds. The connections that feed the others check them at their next run. Returns the id of the set of changes.
 * Contacts are locked first, in the order in which a sync locks them, so that no other connection can link one in
 * between.
 */
async function releaseContacts(
  { query, client, workspaceId }: Transaction,
  connectionId: string,
  contacts: OrphanedContacts,
  madeBy: Actor,
): Promise<string> {
  const key = [workspaceId, connectionId];
  // Without statistics the planner assumes one contact in the workspace, and would read all links once per contact.
  await query(byList);
  await query(
    `SELECT count(*) FROM (
       SELECT FROM contact WHERE contact.workspace_id = $1 AND contact.id IN (${linked}) ORDER BY contact.id FOR UPDATE) AS locked`,
    key,
  );
  await query(
    `UPDATE contact_link AS link SET ${lookAgain}
     WHERE link.workspace_id = $1 AND link.connection_id <> $2 AND link.contact_id IN (${linked})`,
    key,
  );
  const release = releases[contacts];
  const set: ChangeSet = { client, workspaceId, id: uuidv7(), madeBy, links: 'released' };
  // Other connections that lost the person earlier would otherwise remove the contact now, as nobody feeds it any more.
  if (contacts === 'KEEP')
    await query(
      `UPDATE contact_link AS link SET kept_at = clock_timestamp() FROM contact
       WHERE ${orphaned} AND link.workspace_id = contact.workspace_id AND link.contact_id = contact.id
         AND link.connection_id <> $2 AND link.gone_since IS NOT NULL`,
      key,
    );
  await release.carryOut(set, rowsOf(release, key));
  await query(
    `DELETE FROM contact_photo AS photo USING contact_link AS link
     WHERE link.workspace_id = $1 AND link.connection_id = $2 AND photo.workspace_id = link.workspace_id
       AND photo.contact_id = link.contact_id AND photo.connection_id = link.connection_id`,
    key,
  );
  await query('DELETE FROM contact_link WHERE contact_link.workspace_id = $1 AND contact_link.connection_id = $2', key);
  return set.id;
}
