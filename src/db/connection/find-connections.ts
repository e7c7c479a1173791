import type { Pool } from 'pg';
import type { ConnectionRecord } from '../../core/records.ts';
import { sourceKindOf } from '../../core/source-kind.ts';
import { isUuid } from '../../core/uuid.ts';
import type { ConnectionRow } from '../entities/connection.entity.ts';
import { type FileRow, fileJson, isCurrent, toFile } from '../file/read-file.ts';
import type { Query } from '../query.ts';

/** A row of `connection`, with the names of its secrets and its file. */
export type ConnectionSelection = ConnectionRow & { secret_names: string[]; file: FileRow | null };

/** `SELECT … FROM connection`. The caller adds conditions. */
export const selectConnections = `
  SELECT connection.*, ARRAY (
    SELECT connection_secret.name FROM connection_secret
    WHERE connection_secret.workspace_id = connection.workspace_id AND connection_secret.connection_id = connection.id
    ORDER BY connection_secret.name) AS secret_names, (
    SELECT ${fileJson} FROM connection_file AS file
    WHERE file.workspace_id = connection.workspace_id AND file.connection_id = connection.id AND ${isCurrent}) AS file
  FROM connection`;

/** Throws an AppError UNKNOWN_KIND when another release has saved a kind that this one does not have. */
export function toConnection(row: ConnectionSelection): ConnectionRecord {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    description: row.description,
    status: row.status,
    kind: sourceKindOf(row.kind),
    source: { ...row.source },
    scope: row.scope,
    mappings: row.mappings,
    removal: row.removal,
    schedule: row.schedule,
    continuous: row.continuous,
    fullEvery: row.full_every,
    photo: row.photo,
    matchBy: row.match_by,
    priority: row.priority,
    secretNames: row.secret_names,
    file: row.file === null ? null : toFile(row.file),
    version: row.version,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Skips ids that do not exist. In no particular order. */
export async function connectionsByIds(
  query: Query,
  workspaceId: string,
  ids: readonly string[],
): Promise<ConnectionRecord[]> {
  const rows = await query<ConnectionSelection>(
    `${selectConnections} WHERE connection.workspace_id = $1 AND connection.id = ANY($2::uuid[])`,
    [workspaceId, ids.filter(isUuid)],
  );
  return rows.map(toConnection);
}

/** Counts the active contacts that each connection feeds. A connection without any is missing from the map. */
export async function contactCounts(
  query: Query,
  workspaceId: string,
  connectionIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await query<{ connection_id: string; count: number }>(
    `SELECT contact_link.connection_id, count(*)::int AS count
     FROM contact_link
     JOIN contact ON contact.workspace_id = contact_link.workspace_id AND contact.id = contact_link.contact_id
     WHERE contact_link.workspace_id = $1 AND contact_link.connection_id = ANY($2::uuid[])
       AND contact_link.gone_since IS NULL AND contact.status = 'ACTIVE'
     GROUP BY contact_link.connection_id`,
    [workspaceId, connectionIds.filter(isUuid)],
  );
  return new Map(rows.map((row) => [row.connection_id, row.count]));
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

/** The workspace's connections with status ENABLED, in order of name. */
export async function enabledConnectionIds(pool: Pool, workspaceId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT connection.id FROM connection WHERE connection.workspace_id = $1 AND connection.status = 'ENABLED'
     ORDER BY connection.name_key, connection.id`,
    [workspaceId],
  );
  return rows.map(({ id }) => id);
}
