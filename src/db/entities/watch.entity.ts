import { EntitySchema } from 'typeorm';
import type { RunError } from '../../core/run.ts';
import { keyPart, optional, time } from './columns.ts';

export type ConnectionWatchRow = {
  workspace_id: string;
  connection_id: string;
  /** The version of the connection that the rest of the row is about. */
  version: number;
  /** The process that has the lease. Null: none. */
  holder: string | null;
  /** Grows each time that a process takes the lease. A bigint, which node-postgres returns as text. */
  fence: string;
  expires_at: Date | null;
  watching_since: Date | null;
  last_change_at: Date | null;
  error: RunError | null;
  /** How often the watch broke or could not be set up, without success in between. */
  failures: number;
  retry_at: Date | null;
};

export const connectionWatchEntity = new EntitySchema<ConnectionWatchRow>({
  name: 'connection_watch',
  tableName: 'connection_watch',
  columns: {
    workspace_id: keyPart('connection_watch'),
    connection_id: keyPart('connection_watch'),
    version: { type: 'integer' },
    holder: { type: 'uuid', ...optional },
    fence: { type: 'bigint', default: 0 },
    expires_at: time(optional),
    watching_since: time(optional),
    last_change_at: time(optional),
    error: { type: 'jsonb', ...optional },
    failures: { type: 'integer', default: 0 },
    retry_at: time(optional),
  },
  foreignKeys: [
    {
      name: 'connection_watch_connection',
      target: 'connection',
      columnNames: ['workspace_id', 'connection_id'],
      referencedColumnNames: ['workspace_id', 'id'],
      onDelete: 'CASCADE',
    },
  ],
});
