import { uuidv7 } from 'uuidv7';
import type { Actor } from '../../core/access.ts';
import type { Secrets } from '../../core/connection.ts';
import type { ConnectionEdit, ConnectionRecord } from '../../core/records.ts';
import { connectionEntity } from '../entities/connection.entity.ts';
import type { Sealer } from '../secrets/create-sealer.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { connectionsByIds } from './connections-by-ids.ts';
import { editedColumns } from './edited-columns.ts';
import { saveSecrets } from './save-secrets.ts';

/** Saves a new connection with its secrets. */
export const createConnection = (
  scope: WorkspaceScope,
  sealer: Sealer,
  edit: ConnectionEdit,
  secrets: Secrets,
  by: Actor,
): Promise<ConnectionRecord> =>
  scope.write(async (transaction) => {
    const { workspaceId, entities, query } = transaction;
    const id = uuidv7();
    await entities
      .getRepository(connectionEntity)
      .insert({ ...editedColumns(edit), workspace_id: workspaceId, id, created_by: by });
    await saveSecrets(transaction, sealer, id, secrets);
    const [saved] = await connectionsByIds(query, workspaceId, [id]);
    if (saved === undefined) throw new Error('A connection was saved and is not there.');
    return saved;
  });
