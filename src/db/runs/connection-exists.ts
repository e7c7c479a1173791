import type { Pool } from 'pg';
import { isUuid } from '../../core/uuid.ts';

/** Whether the workspace has this connection. */
export async function connectionExists(pool: Pool, workspaceId: string, connectionId: string): Promise<boolean> {
  if (!isUuid(connectionId)) return false;
  const { rows } = await pool.query(
    `SELECT 1 FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2`,
    [workspaceId, connectionId],
  );
  return rows.length > 0;
}
