import { workspaceEntity } from '../entities/workspace.entity.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';

/** Turns Contact Sync on or off; what becomes of runs is the runner's. */
export async function setContactSyncEnabled(scope: WorkspaceScope, enabled: boolean): Promise<void> {
  await scope.write(({ entities, workspaceId }) =>
    entities.getRepository(workspaceEntity).update({ id: workspaceId }, { contact_sync_enabled: enabled }),
  );
}
