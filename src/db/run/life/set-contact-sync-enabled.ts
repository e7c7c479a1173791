import type { PoolClient } from 'pg';
import type { Actor } from '../../../core/access.ts';
import { cancelRun } from './cancel-run.ts';

/**
 * Turns Contact Sync on or off, in the caller's transaction with the end of what is under way. A start locks the workspace's row
 * before it inserts its run: it comes before us and its run is cancelled, or after us and finds Contact Sync off.
 */
export async function setContactSyncEnabled(
  client: PoolClient,
  workspaceId: string,
  enabled: boolean,
  by: Actor,
): Promise<void> {
  await client.query('UPDATE workspace SET contact_sync_enabled = $2 WHERE workspace.id = $1', [workspaceId, enabled]);
  if (enabled) return;
  const { rows } = await client.query<{ id: string }>(
    'SELECT open_run.run_id AS id FROM open_run WHERE open_run.workspace_id = $1 ORDER BY open_run.run_id',
    [workspaceId],
  );
  for (const { id } of rows) await cancelRun(client, workspaceId, id, by);
}
