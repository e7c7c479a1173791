import type { Pool } from 'pg';
import type { Workspace } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import { workspaceEntity } from './entities/workspace.entity.ts';
import { poolQuery, type Query } from './query.ts';
import type { WorkspaceScope } from './workspace-scope.ts';

/** Creates the workspace, or saves a changed name or time zone. Only reads when nothing has changed. */
export async function admitWorkspace(
  scope: WorkspaceScope,
  { id, name, timeZone }: { id: string; name: string; timeZone: string },
): Promise<void> {
  const known = await selectWorkspace(scope.readOne, id);
  if (known?.name === name && known.timeZone === timeZone) return;
  await scope.write(({ entities }) =>
    entities.getRepository(workspaceEntity).upsert({ id, name, time_zone: timeZone }, ['id']),
  );
}

/** Throws an AppError NOT_FOUND when the workspace has not been admitted yet. */
export async function readWorkspace({ readOne, workspaceId }: WorkspaceScope): Promise<Workspace> {
  const workspace = await selectWorkspace(readOne, workspaceId);
  if (workspace === null) throw new AppError('NOT_FOUND', 'There is no such workspace.');
  return workspace;
}

/** Null: the workspace has not been admitted yet. */
export function findWorkspace(pool: Pool, workspaceId: string): Promise<Workspace | null> {
  return selectWorkspace(poolQuery(pool), workspaceId);
}

async function selectWorkspace(query: Query, id: string): Promise<Workspace | null> {
  const rows = await query<Workspace>(
    `SELECT workspace.id, workspace.name, workspace.time_zone AS "timeZone",
       workspace.contact_sync_enabled AS "contactSyncEnabled"
     FROM workspace WHERE workspace.id = $1`,
    [id],
    'kept',
  );
  return rows[0] ?? null;
}
