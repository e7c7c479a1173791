import type { Secrets } from '../../core/connection.ts';
import { connectionSecretEntity } from '../entities/connection-secret.entity.ts';
import type { Sealer } from '../secrets/create-sealer.ts';
import type { Transaction } from '../workspace-scope.ts';

/** Stores these of a connection's secrets, sealed; null removes one. True: something is other than before. */
export async function saveSecrets(
  transaction: Transaction,
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
  { entities, query, workspaceId }: Transaction,
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

/** False also for one that can't be opened any more. */
function opensTo(secret: string, open: () => string): boolean {
  try {
    return open() === secret;
  } catch {
    return false;
  }
}
