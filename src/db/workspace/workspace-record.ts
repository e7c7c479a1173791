import type { Workspace } from '../../core/access.ts';
import type { WorkspaceRow } from '../entities/workspace.entity.ts';

export const toWorkspace = (row: WorkspaceRow): Workspace => ({
  id: row.id,
  name: row.name,
  timeZone: row.time_zone,
  contactSyncEnabled: row.contact_sync_enabled,
});
