import type { Pool } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { Secrets } from '../../core/connection.ts';
import { isUuid } from '../../core/uuid.ts';
import type { WriteTransaction } from '../api-transaction.ts';
import { connectionSecretEntity } from '../entities/connection.entity.ts';
import type { Sealer } from './sealer.ts';

/** Seals and stores some of a connection's secrets; null removes one. True: something has changed. */
export async function saveSecrets(
  transaction: WriteTransaction,
  sealer: Sealer,
  connectionId: string,
  secrets: Secrets,
): Promise<boolean> {
  let changed = false;
  for (const [name, secret] of Object.entries(secrets))
    changed = (await saveSecret(transaction, sealer, { connectionId, name, secret })) || changed;
  return changed;
}

async function saveSecret(
  { entities, query, workspaceId }: WriteTransaction,
  sealer: Sealer,
  { connectionId, name, secret }: { connectionId: string; name: string; secret: string | null },
): Promise<boolean> {
  const repository = entities.getRepository(connectionSecretEntity);
  const row = { workspaceId, connectionId, name };
  const [stored] = await query<{ key_id: string; sealed: Buffer }>(
    `SELECT connection_secret.key_id, connection_secret.sealed FROM connection_secret
     WHERE connection_secret.workspace_id = $1 AND connection_secret.connection_id = $2 AND connection_secret.name = $3`,
    [workspaceId, connectionId, name],
  );
  const key = { workspace_id: workspaceId, connection_id: connectionId, name };
  if (secret === null) {
    if (stored === undefined) return false;
    await repository.delete(key);
    return true;
  }
  const { keyId, sealed } = sealer.seal(secret, row);
  await repository.upsert({ ...key, key_id: keyId, sealed }, ['workspace_id', 'connection_id', 'name']);
  return (
    stored === undefined || !opensTo(secret, () => sealer.open({ ...row, keyId: stored.key_id, sealed: stored.sealed }))
  );
}

/** False also when the stored secret can't be opened any more. */
function opensTo(secret: string, open: () => string): boolean {
  try {
    return open() === secret;
  } catch {
    return false;
  }
}

/** A secret as it is stored, with the row and the key that it was sealed for. */
type SealedSecret = {
  workspaceId: string;
  connectionId: string;
  name: string;
  keyId: string;
  sealed: Buffer;
};

/** Opens a sealed secret. Throws an AppError when its key is missing. */
export type OpenSecret = (secret: SealedSecret) => string;

/** One item of `sealedSecrets`. `sealed` is in base64. */
export type SealedRow = { name: string; key_id: string; sealed: string };

/**
 * SQL: the sealed secrets of the statement's `connection`, as a JSON list. It is a subquery, so that the secrets have the same
 * version as the connection's other columns in that statement: an edit commits both together.
 */
export const sealedSecrets = `(
  SELECT coalesce(jsonb_agg(jsonb_build_object('name', secret.name, 'key_id', secret.key_id,
    'sealed', encode(secret.sealed, 'base64'))), '[]')
  FROM connection_secret AS secret
  WHERE secret.workspace_id = connection.workspace_id AND secret.connection_id = connection.id)`;

/** Opens the rows that `sealedSecrets` gave. Throws what `open` throws. */
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
 * Opens the secrets of a connection that still has this version. Throws what `open` throws. Throws an AppError
 * CONNECTION_CHANGED when the connection was edited or deleted since: the caller may know an address that these secrets are
 * not meant for.
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

type SecretRecord = { workspace_id: string; connection_id: string; name: string; key_id: string; sealed: Buffer };

/**
 * Seals again, with the first key, the secrets that another key sealed. So after one start with the new key first, the old keys
 * can be dropped from SECRETS_KEY. A secret that can't be opened stays as it is; using its connection shows the error.
 */
export async function resealSecrets(pool: Pool, sealer: Sealer): Promise<void> {
  const { rows } = await pool.query<SecretRecord>(
    `SELECT connection_secret.workspace_id, connection_secret.connection_id, connection_secret.name,
       connection_secret.key_id, connection_secret.sealed
     FROM connection_secret`,
  );
  for (const row of rows) await reseal(pool, sealer, row);
}

async function reseal(pool: Pool, { open, seal }: Sealer, record: SecretRecord): Promise<void> {
  const { workspace_id: workspaceId, connection_id: connectionId, name, key_id: oldKeyId, sealed: old } = record;
  const row = { workspaceId, connectionId, name };
  const secret = orUnreadable(() => open({ ...row, keyId: oldKeyId, sealed: old }));
  if (secret === null) return;
  const { keyId, sealed } = seal(secret, row);
  if (keyId === oldKeyId) return;
  // A secret that was saved again meanwhile is already sealed with the first key.
  await pool.query(
    `UPDATE connection_secret SET key_id = $4, sealed = $5
     WHERE connection_secret.workspace_id = $1 AND connection_secret.connection_id = $2 AND connection_secret.name = $3
       AND connection_secret.sealed = $6`,
    [workspaceId, connectionId, name, keyId, sealed, old],
  );
}

function orUnreadable(open: () => string): string | null {
  try {
    return open();
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
