import { randomUUID } from 'node:crypto';
import type { Actor } from '../../../src/core/access.ts';
import { createDatabase } from '../../support/postgres.ts';
import { openProcess, type RunsProcess } from './open-process.ts';

export const anna: Actor = { kind: 'MEMBER', id: 'anna', name: 'Anna Berg' };

export type RunsDatabase = RunsProcess & {
  url: string;
  /** A new workspace with Contact Sync on. */
  addWorkspace(): Promise<string>;
  addConnection(workspaceId: string, given?: ConnectionGiven): Promise<string>;
};

type ConnectionGiven = {
  status?: 'DRAFT' | 'ENABLED';
  name?: string;
  schedule?: { cron: string; timeZone: string };
  updatedAt?: Date;
  bindPassword?: string;
};

/** A migrated database with the queue in it. */
export async function openRunsDatabase(): Promise<RunsDatabase> {
  const database = await createDatabase();
  const process = await openProcess(database.url);
  const { pool } = process;
  return {
    ...process,
    url: database.url,
    addWorkspace: async () => {
      const id = randomUUID();
      await pool.query(`INSERT INTO workspace (id, name, time_zone) VALUES ($1, 'Example', 'UTC')`, [id]);
      return id;
    },
    addConnection: async (workspaceId, given = {}) => {
      const id = randomUUID();
      const { status = 'ENABLED', name = 'Staff', schedule = null, updatedAt = new Date(), bindPassword } = given;
      await pool.query(
        `INSERT INTO connection (workspace_id, id, name, status, kind, source, scope, mappings, removal, schedule, match_by,
           priority, name_key, created_by, updated_at)
         VALUES ($1, $2, $3, $4, 'LDAP', '{"urls": ["ldap://127.0.0.1"]}', '{}', '[]', '{}', $5, 'PRIMARY_EMAIL', 100,
           lower($3), $6, $7)`,
        [workspaceId, id, name, status, schedule, anna, updatedAt],
      );
      if (bindPassword !== undefined) {
        await pool.query(`INSERT INTO connection_secret VALUES ($1, $2, 'bindPassword', 'key', $3)`, [
          workspaceId,
          id,
          Buffer.from(bindPassword),
        ]);
      }
      return id;
    },
    close: async () => {
      await process.close();
      await database.close();
    },
  };
}
