import { workspaceEntity } from '../entities/workspace.entity.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';

/** Sets the workspace up, or takes over a changed name or time zone; the usual case, nothing new, only reads. */
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
