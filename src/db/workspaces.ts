import type { Pool } from 'pg';
import type { Workspace } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import type { Transaction } from './api-transaction.ts';
import { type WorkspaceRow, workspaceEntity } from './entities/workspace.entity.ts';
import type { WorkspaceScope } from './workspace-scope.ts';

/** Creates the workspace, or saves a changed name or time zone. Only reads when nothing has changed. */
export async function admitWorkspace(
  scope: WorkspaceScope,
  { id, name, timeZone }: { id: string; name: string; timeZone: string },
): Promise<void> {
  const known = await scope.read(({ entities }) => entities.getRepository(workspaceEntity).findOneBy({ id }));
  if (known?.name === name && known.time_zone === timeZone) return;
  await scope.write(({ entities }) =>
    entities.getRepository(workspaceEntity).upsert({ id, name, time_zone: timeZone }, ['id']),
  );
}

/** Throws an AppError NOT_FOUND when the workspace has not been admitted yet. */
export async function readWorkspace({ entities, workspaceId }: Transaction): Promise<Workspace> {
  const row = await entities.getRepository(workspaceEntity).findOneBy({ id: workspaceId });
  if (row === null) throw new AppError('NOT_FOUND', 'There is no such workspace.');
  return toWorkspace(row);
}

/** Null: the workspace has not been admitted yet. */
export async function findWorkspace(pool: Pool, workspaceId: string): Promise<Workspace | null> {
  const { rows } = await pool.query<Workspace>(
    `SELECT workspace.id, workspace.name, workspace.time_zone AS "timeZone",
       workspace.contact_sync_enabled AS "contactSyncEnabled"
     FROM workspace WHERE workspace.id = $1`,
    [workspaceId],
  );
  return rows[0] ?? null;
}

function toWorkspace(row: WorkspaceRow): Workspace {
  return {
    id: row.id,
    name: row.name,
    timeZone: row.time_zone,
    contactSyncEnabled: row.contact_sync_enabled,
  };
}
