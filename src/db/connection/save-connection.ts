import { isDeepStrictEqual } from 'node:util';
import { uuidv7 } from 'uuidv7';
import type { Actor } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { Secrets } from '../../core/connection.ts';
import { sortKey } from '../../core/fold.ts';
import type { ConnectionEdit, ConnectionRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Transaction, WriteTransaction } from '../api-transaction.ts';
import { connectionEntity } from '../entities/connection.entity.ts';
import { byList } from '../planner-hints.ts';
import { saveSecrets } from '../secrets/connection-secrets.ts';
import type { Sealer } from '../secrets/sealer.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { type ConnectionSelection, connectionsByIds, selectConnections, toConnection } from './find-connections.ts';

/** Saves a new connection with its secrets. */
export function createConnection(
  scope: WorkspaceScope,
  sealer: Sealer,
  edit: ConnectionEdit,
  secrets: Secrets,
  by: Actor,
): Promise<ConnectionRecord> {
  return scope.write(async (transaction) => {
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
}

export type ConnectionChange = (current: ConnectionRecord) => { edit: ConnectionEdit; secrets?: Secrets };

/** See WorkspaceStore.updateConnection. */
export async function updateConnection(
  scope: WorkspaceScope,
  sealer: Sealer,
  id: string,
  expectedVersion: number | null,
  change: ConnectionChange,
): Promise<ConnectionRecord | null> {
  if (!isUuid(id)) return null;
  return scope.write(async (transaction) => {
    const row = await select(transaction, id, 'FOR UPDATE OF connection');
    if (row === undefined) return null;
    const current = toConnection(row);
    if (expectedVersion !== null && expectedVersion !== current.version) throw conflict(current.version);
    const { edit, secrets = {} } = change(current);
    const otherSecrets = await saveSecrets(transaction, sealer, id, secrets);
    if (!otherSecrets && !differs(row, edit)) return current;
    await save(transaction, row, edit);
    if (edit.priority !== row.priority) await lookAtSharedAgain(transaction, id);
    const saved = await select(transaction, id, '');
    return saved === undefined ? null : toConnection(saved);
  });
}

async function select({ query, workspaceId }: Transaction, id: string, lock: string) {
  const rows = await query<ConnectionSelection>(
    `${selectConnections} WHERE connection.workspace_id = $1 AND connection.id = $2 ${lock}`,
    [workspaceId, id],
  );
  return rows[0];
}

function conflict(currentVersion: number): AppError {
  return new AppError('CONFLICT', `The connection has been changed since; it is at version ${currentVersion} now.`, {
    hint: 'Load it again and repeat the edit.',
    details: { currentVersion },
  });
}

/** Compares as JSON, which leaves undefined values out. */
function differs(row: ConnectionSelection, edit: ConnectionEdit): boolean {
  const columns: Record<string, unknown> = JSON.parse(JSON.stringify(editedColumns(edit)));
  return Object.entries(columns).some(
    ([name, value]) => !isDeepStrictEqual(value, row[name as keyof ConnectionSelection]),
  );
}

async function save(
  { entities, workspaceId }: WriteTransaction,
  row: ConnectionSelection,
  edit: ConnectionEdit,
): Promise<void> {
  await entities
    .getRepository(connectionEntity)
    .update(
      { workspace_id: workspaceId, id: row.id },
      { ...editedColumns(edit), version: row.version + 1, updated_at: () => 'clock_timestamp()' },
    );
}

/**
 * A new priority may change which connection wins a field. So all connections that feed a contact of this connection
 * check it again at their next run, including those whose plan is about to link it. The contacts are locked first, in
 * the order in which a sync locks them, so that links that a run is making now are seen.
 */
async function lookAtSharedAgain({ query, workspaceId }: Transaction, id: string): Promise<void> {
  await query(byList);
  const key = [workspaceId, id];
  await query(
    `SELECT count(*) FROM (
       SELECT FROM contact WHERE contact.workspace_id = $1 AND contact.id IN (
         SELECT own.contact_id FROM contact_link AS own WHERE own.workspace_id = $1 AND own.connection_id = $2)
       ORDER BY contact.id FOR UPDATE) AS locked`,
    key,
  );
  await query(
    `UPDATE contact_link AS link SET recheck = link.recheck + 1, hash = CASE WHEN fed.shared THEN NULL ELSE link.hash END
     FROM (
       SELECT one.contact_id, count(*) > 1 AS shared FROM contact_link AS one
       WHERE one.workspace_id = $1 AND one.contact_id IN (
         SELECT own.contact_id FROM contact_link AS own WHERE own.workspace_id = $1 AND own.connection_id = $2)
       GROUP BY one.contact_id) AS fed
     WHERE link.workspace_id = $1 AND link.contact_id = fed.contact_id`,
    key,
  );
}

/** The columns that an edit fills. */
function editedColumns(edit: ConnectionEdit) {
  return {
    name: edit.name,
    name_key: sortKey(edit.name),
    description: edit.description,
    status: edit.status,
    kind: edit.kind,
    source: edit.source,
    scope: edit.scope,
    mappings: edit.mappings,
    removal: edit.removal,
    schedule: edit.schedule,
    continuous: edit.continuous,
    full_every: edit.fullEvery,
    photo: edit.photo,
    match_by: edit.matchBy,
    priority: edit.priority,
  };
}
