import type { ConnectionRecord } from '../../core/records.ts';
import { sourceKindOf } from '../../core/source-kind.ts';
import type { ConnectionRow } from '../entities/connection.entity.ts';
import { type FileRow, fileJson, isCurrent, toFile } from '../file/stored-files.ts';

/** A row of `connection` with the names of its secrets and its file. */
export type ConnectionSelection = ConnectionRow & { secret_names: string[]; file: FileRow | null };

/** `SELECT … FROM connection`, to which conditions are added. */
export const selectConnections = `
  SELECT connection.*, ARRAY (
    SELECT connection_secret.name FROM connection_secret
    WHERE connection_secret.workspace_id = connection.workspace_id AND connection_secret.connection_id = connection.id
    ORDER BY connection_secret.name) AS secret_names, (
    SELECT ${fileJson} FROM connection_file AS file
    WHERE file.workspace_id = connection.workspace_id AND file.connection_id = connection.id AND ${isCurrent}) AS file
  FROM connection`;

/** Throws AppError UNKNOWN_KIND where another release has saved a kind that this one does not have. */
export const toConnection = (row: ConnectionSelection): ConnectionRecord => ({
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
  matchBy: row.match_by,
  priority: row.priority,
  secretNames: row.secret_names,
  file: row.file === null ? null : toFile(row.file),
  version: row.version,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
