import type { Pool } from 'pg';
import type { LdapSecrets } from '../../core/connection.ts';
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

/** A connection's secrets, opened. Throws what `open` throws. */
export async function readSecrets(
  pool: Pool,
  open: OpenSecret,
  workspaceId: string,
  connectionId: string | null,
): Promise<LdapSecrets> {
  if (connectionId === null || !isUuid(connectionId)) return { bindPassword: null };
  const { rows } = await pool.query<{ name: string; key_id: string; sealed: Buffer }>(
    `SELECT connection_secret.name, connection_secret.key_id, connection_secret.sealed FROM connection_secret
     WHERE connection_secret.workspace_id = $1 AND connection_secret.connection_id = $2`,
    [workspaceId, connectionId],
  );
  const secrets: LdapSecrets = { bindPassword: null };
  for (const { name, key_id, sealed } of rows) {
    if (name === 'bindPassword') {
      secrets.bindPassword = open({ workspaceId, connectionId, name, keyId: key_id, sealed });
    }
  }
  return secrets;
}
