import type { Pool } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { Sealer } from './create-sealer.ts';

type SecretRecord = { workspace_id: string; connection_id: string; name: string; key_id: string; sealed: Buffer };

/**
 * Seals with the first key what another one sealed, so that the others can be dropped from SECRETS_KEY after one start with
 * the new key first. What can't be opened stays as it is: its connection tells when it is used.
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
  // One that was given anew meanwhile is sealed with the right key already.
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
