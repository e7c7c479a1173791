import type { Pool } from 'pg';
import type { Workspace } from '../../../core/access.ts';
import { isUuid } from '../../../core/uuid.ts';

/** The workspace; null when nobody has been admitted to it yet. */
export async function findWorkspace(pool: Pool, workspaceId: string): Promise<Workspace | null> {
  const { rows } = await pool.query<Workspace>(
    `SELECT workspace.id, workspace.name, workspace.time_zone AS "timeZone",
       workspace.contact_sync_enabled AS "contactSyncEnabled"
     FROM workspace WHERE workspace.id = $1`,
    [workspaceId],
  );
  return rows[0] ?? null;
}

/** Whether the workspace has this connection. */
export async function connectionExists(pool: Pool, workspaceId: string, connectionId: string): Promise<boolean> {
  if (!isUuid(connectionId)) return false;
  const { rows } = await pool.query(
    `SELECT 1 FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2`,
    [workspaceId, connectionId],
  );
  return rows.length > 0;
}

/** The workspace's Enabled connections, in order of name. */
export async function enabledConnectionIds(pool: Pool, workspaceId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT connection.id FROM connection WHERE connection.workspace_id = $1 AND connection.status = 'ENABLED'
     ORDER BY connection.name_key, connection.id`,
    [workspaceId],
  );
  return rows.map(({ id }) => id);
}
