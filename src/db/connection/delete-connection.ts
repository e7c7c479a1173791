import type { Actor } from '../../core/access.ts';
import type { OrphanedContacts } from '../../core/connection.ts';
import { isUuid } from '../../core/uuid.ts';
import { closeRun } from '../run/life/close-run.ts';
import { type RunRow, runColumns } from '../run/run-row.ts';
import type { Transaction, WorkspaceScope } from '../workspace-scope.ts';
import { releaseContacts } from './release-contacts.ts';

/** Who a run is cancelled by whose connection is deleted. */
const deletion: Actor = { kind: 'SERVICE', id: null, name: 'the deletion of the connection' };

/**
 * Deletes a connection with its links and secrets. Its runs stay, without connection; those that have not ended are cancelled
 * at once: a worker that is at one finds itself fenced off, so nothing comes after the deletion. False: no such connection.
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
    await releaseContacts(transaction, id, contacts, by);
    await query('UPDATE run SET connection_id = NULL WHERE run.workspace_id = $1 AND run.connection_id = $2', [
      workspaceId,
      id,
    ]);
    await query('DELETE FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2', [workspaceId, id]);
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
