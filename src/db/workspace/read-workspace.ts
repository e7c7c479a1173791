import type { Workspace } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import { workspaceEntity } from '../entities/workspace.entity.ts';
import type { Transaction } from '../workspace-scope.ts';
import { toWorkspace } from './workspace-record.ts';

/** The workspace itself, which is there once it has been admitted. */
export async function readWorkspace({ entities, workspaceId }: Transaction): Promise<Workspace> {
  const row = await entities.getRepository(workspaceEntity).findOneBy({ id: workspaceId });
  if (row === null) throw new AppError('NOT_FOUND', 'There is no such workspace.');
  return toWorkspace(row);
}
