import type { Pool } from 'pg';

/** The workspace's Enabled connections, in order of name. */
export async function enabledConnectionIds(pool: Pool, workspaceId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT connection.id FROM connection WHERE connection.workspace_id = $1 AND connection.status = 'ENABLED'
     ORDER BY connection.name_key, connection.id`,
    [workspaceId],
  );
  return rows.map(({ id }) => id);
}
