import type { Pool } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { Secrets } from '../../core/connection.ts';
import { isUuid } from '../../core/uuid.ts';

/** A secret as it lies in the database, with all that it was sealed with. */
type SealedSecret = {
  workspaceId: string;
  connectionId: string;
  name: string;
  keyId: string;
  sealed: Buffer;
};

/** Opens a sealed secret. Throws an AppError when its key is not at hand. */
export type OpenSecret = (secret: SealedSecret) => string;

/** As `sealedSecrets` gives it; the secret in base64. */
export type SealedRow = { name: string; key_id: string; sealed: string };

/**
 * SQL: the sealed secrets of the statement's `connection`, as a JSON list. A subquery, so that they are of the same version as
 * all that the statement reads of the connection: an edit commits both together.
 */
export const sealedSecrets = `(
  SELECT coalesce(jsonb_agg(jsonb_build_object('name', secret.name, 'key_id', secret.key_id,
    'sealed', encode(secret.sealed, 'base64'))), '[]')
  FROM connection_secret AS secret
  WHERE secret.workspace_id = connection.workspace_id AND secret.connection_id = connection.id)`;

/** Opens what `sealedSecrets` gave. Throws what `open` throws. */
export function openSecrets(
  open: OpenSecret,
  workspaceId: string,
  connectionId: string,
  rows: readonly SealedRow[],
): Secrets {
  const opened = rows.map(({ name, key_id: keyId, sealed }) => [
    name,
    open({ workspaceId, connectionId, name, keyId, sealed: Buffer.from(sealed, 'base64') }),
  ]);
  return Object.fromEntries(opened);
}

/**
 * A connection's secrets, opened, while it is at this version. Throws what `open` throws, and an AppError CONNECTION_CHANGED
 * when it has been edited since, or is gone: what was looked at may be an address that the secrets are not for.
 */
export async function readSecrets(
  pool: Pool,
  open: OpenSecret,
  workspaceId: string,
  { id, version }: { id: string; version: number },
): Promise<Secrets> {
  const { rows } = await pool.query<{ secrets: SealedRow[] }>(
    `SELECT ${sealedSecrets} AS secrets FROM connection
     WHERE connection.workspace_id = $1 AND connection.id = $2 AND connection.version = $3`,
    [workspaceId, isUuid(id) ? id : null, version],
  );
  if (rows[0] === undefined)
    throw new AppError('CONNECTION_CHANGED', 'The connection has been edited just now.', { hint: 'Try again.' });
  return openSecrets(open, workspaceId, id, rows[0].secrets);
}
