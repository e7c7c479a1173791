import type { Pool } from 'pg';
import type { Workspace } from '../../core/access.ts';

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
