import type { PoolClient } from 'pg';
import { isUuid } from '../../core/uuid.ts';

/**
 * Whether a run of the connection may start. Connection and workspace stay as they are until the transaction ends: whoever
 * deletes the one or turns Contact Sync off in the other comes before us, or after us and then meets the run.
 */
export async function startable(
  client: PoolClient,
  run: { workspaceId: string; connectionId: string; dryRun: boolean },
): Promise<'yes' | 'draft' | 'off' | 'unknown'> {
  if (!isUuid(run.connectionId)) return 'unknown';
  const { rows } = await client.query<{ status: string; enabled: boolean }>(
    `SELECT connection.status, workspace.contact_sync_enabled AS enabled
     FROM workspace JOIN connection ON connection.workspace_id = workspace.id
     WHERE workspace.id = $1 AND connection.id = $2 FOR SHARE`,
    [run.workspaceId, run.connectionId],
  );
  const row = rows[0];
  if (row === undefined) return 'unknown';
  if (!row.enabled) return 'off';
  return row.status === 'DRAFT' && !run.dryRun ? 'draft' : 'yes';
}
