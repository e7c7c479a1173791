import { randomUUID } from 'node:crypto';
import type { Actor } from '../../../src/core/access.ts';
import type { ConnectionEdit } from '../../../src/core/records.ts';
import type { WorkspaceStore } from '../../../src/core/store.ts';
import { createStore } from '../../../src/db/create-store.ts';
import { openDatabase } from '../../../src/db/pool/open-database.ts';
import { connectionEdit } from '../../db/support/open-rig.ts';
import { createDatabase } from '../../support/postgres.ts';
import { openProcess, type RunsProcess, sealer } from './open-process.ts';

export const anna: Actor = { kind: 'MEMBER', id: 'anna', name: 'Anna Berg' };

export type RunsDatabase = RunsProcess & {
  url: string;
  /** The API's store of a workspace. */
  in(workspaceId: string): WorkspaceStore;
  /** Adds a workspace with Contact Sync turned on. */
  addWorkspace(): Promise<string>;
  addConnection(workspaceId: string, given?: ConnectionGiven): Promise<string>;
  /** Saves an edit, as if it were made at this time. */
  edit(workspaceId: string, connectionId: string, changes: Partial<ConnectionEdit>, at?: Date): Promise<void>;
};

type ConnectionGiven = Partial<ConnectionEdit> & { updatedAt?: Date; bindPassword?: string };

/** A migrated database that has the queue. */
export async function openRunsDatabase(): Promise<RunsDatabase> {
  const { url, close } = await createDatabase();
  const process = await openProcess(url);
  const database = await openDatabase({ url });
  const store = createStore({ ...database, sealer });
  const dateEdit = async (connectionId: string, at: Date | undefined): Promise<void> => {
    // Saving takes its time from the clock, so the stored time is changed afterwards.
    if (at !== undefined)
      await process.pool.query('UPDATE connection SET updated_at = $2 WHERE id = $1', [connectionId, at]);
  };
  return {
    ...process,
    url,
    in: (workspaceId) => store.in(workspaceId),
    addWorkspace: async () => {
      const id = randomUUID();
      await store.admitWorkspace({ id, name: 'Example', timeZone: 'UTC' });
      return id;
    },
    addConnection: async (workspaceId, { updatedAt, bindPassword = null, ...changes } = {}) => {
      const edit = connectionEdit({ name: 'Staff', priority: 100, ...changes });
      const { id } = await store.in(workspaceId).createConnection(edit, { bindPassword }, anna);
      await dateEdit(id, updatedAt);
      return id;
    },
    edit: async (workspaceId, connectionId, changes, at) => {
      await store
        .in(workspaceId)
        .updateConnection(connectionId, null, (current) => ({ edit: { ...current, ...changes } }));
      await dateEdit(connectionId, at);
    },
    close: async () => {
      await process.close();
      await database.close();
      await close();
    },
  };
}
