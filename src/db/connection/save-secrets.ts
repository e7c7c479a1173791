import type { LdapSecrets } from '../../core/connection.ts';
import { connectionSecretEntity } from '../entities/connection-secret.entity.ts';
import type { Sealer } from '../secrets/create-sealer.ts';
import type { Transaction } from '../workspace-scope.ts';

const NAME = 'bindPassword';

/** Stores a connection's secrets, sealed; null removes one. True: something is other than before. */
export async function saveSecrets(
  { entities, query, workspaceId }: Transaction,
  sealer: Sealer,
  connectionId: string,
  secrets: LdapSecrets,
): Promise<boolean> {
  const repository = entities.getRepository(connectionSecretEntity);
  const row = { workspaceId, connectionId, name: NAME };
  const [stored] = await query<{ key_id: string; sealed: Buffer }>(
    `SELECT connection_secret.key_id, connection_secret.sealed FROM connection_secret
     WHERE connection_secret.workspace_id = $1 AND connection_secret.connection_id = $2 AND connection_secret.name = $3`,
    [workspaceId, connectionId, NAME],
  );
  const key = { workspace_id: workspaceId, connection_id: connectionId, name: NAME };
  if (secrets.bindPassword === null) {
    if (stored === undefined) return false;
    await repository.delete(key);
    return true;
  }
  const { keyId, sealed } = sealer.seal(secrets.bindPassword, row);
  await repository.upsert({ ...key, key_id: keyId, sealed }, ['workspace_id', 'connection_id', 'name']);
  return (
    stored === undefined ||
    !opensTo(secrets.bindPassword, () => sealer.open({ ...row, keyId: stored.key_id, sealed: stored.sealed }))
  );
}

/** False also for one that can't be opened any more. */
function opensTo(secret: string, open: () => string): boolean {
  try {
    return open() === secret;
  } catch {
    return false;
  }
}
