import { EntitySchema } from 'typeorm';
import { keyPart, now, text, time } from './columns.ts';

export type WorkspaceRow = {
  id: string;
  name: string;
  time_zone: string;
  contact_sync_enabled: boolean;
  created_at: Date;
};

export const workspaceEntity = new EntitySchema<WorkspaceRow>({
  name: 'workspace',
  tableName: 'workspace',
  columns: {
    id: keyPart('workspace'),
    name: text(),
    time_zone: text(),
    contact_sync_enabled: { type: 'boolean', default: true },
    created_at: time({ default: now }),
  },
});
