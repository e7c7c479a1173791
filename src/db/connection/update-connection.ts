import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../core/app-error.ts';
import type { LdapSecrets } from '../../core/connection.ts';
import type { ConnectionEdit, ConnectionRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import { connectionEntity } from '../entities/connection.entity.ts';
import { byList } from '../planner-hints.ts';
import type { Sealer } from '../secrets/create-sealer.ts';
import type { Transaction, WorkspaceScope } from '../workspace-scope.ts';
import { type ConnectionSelection, selectConnections, toConnection } from './connection-record.ts';
import { editedColumns } from './edited-columns.ts';
import { saveSecrets } from './save-secrets.ts';

export type ConnectionChange = (current: ConnectionRecord) => { edit: ConnectionEdit; secrets?: LdapSecrets };

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
    const { edit, secrets } = change(current);
    const otherSecrets = secrets !== undefined && (await saveSecrets(transaction, sealer, id, secrets));
    if (!otherSecrets && !differs(row, edit)) return current;
    await save(transaction, row, edit);
    if (edit.priority !== row.priority) await lookAtSharedAgain(transaction, id);
    const saved = await select(transaction, id, '');
    return saved === undefined ? null : toConnection(saved);
  });
}

const select = async ({ query, workspaceId }: Transaction, id: string, lock: string) => {
  const rows = await query<ConnectionSelection>(
    `${selectConnections} WHERE connection.workspace_id = $1 AND connection.id = $2 ${lock}`,
    [workspaceId, id],
  );
  return rows[0];
};

const conflict = (currentVersion: number): AppError =>
  new AppError('CONFLICT', `The connection has been changed since; it is at version ${currentVersion} now.`, {
    hint: 'Load it again and repeat the edit.',
    details: { currentVersion },
  });

/** As JSON: what is undefined is not there. */
function differs(row: ConnectionSelection, edit: ConnectionEdit): boolean {
  const columns: Record<string, unknown> = JSON.parse(JSON.stringify(editedColumns(edit)));
  return Object.entries(columns).some(
    ([name, value]) => !isDeepStrictEqual(value, row[name as keyof ConnectionSelection]),
  );
}

async function save(
  { entities, workspaceId }: Transaction,
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

/** Who wins a field of a shared contact may be another now: all who feed it are to look at it at their next run. */
async function lookAtSharedAgain({ query, workspaceId }: Transaction, id: string): Promise<void> {
  await query(byList);
  await query(
    `UPDATE contact_link SET hash = NULL
     WHERE contact_link.workspace_id = $1 AND contact_link.hash IS NOT NULL AND contact_link.contact_id IN (
       SELECT own.contact_id FROM contact_link AS own
       JOIN contact_link AS other ON other.workspace_id = own.workspace_id AND other.contact_id = own.contact_id
         AND other.connection_id <> own.connection_id
       WHERE own.workspace_id = $1 AND own.connection_id = $2)`,
    [workspaceId, id],
  );
}
