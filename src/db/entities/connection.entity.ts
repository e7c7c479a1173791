import { EntitySchema } from 'typeorm';
import type { Actor } from '../../core/access.ts';
import type { ConnectionSettings, ConnectionStatus, Schedule } from '../../core/connection.ts';
import { bytewise, keyPart, now, optional, text, time } from './columns.ts';

export type ConnectionRow = Omit<ConnectionSettings, 'matchBy' | 'source'> & {
  source: object;
  workspace_id: string;
  id: string;
  name: string;
  description: string;
  status: ConnectionStatus;
  schedule: Schedule | null;
  continuous: boolean;
  full_every: number;
  match_by: ConnectionSettings['matchBy'];
  /** Grows by one at each saved edit that changes something. */
  version: number;
  /** The folded name. Lists are ordered by it. */
  name_key: string;
  created_by: Actor;
  created_at: Date;
  updated_at: Date;
  last_complete_read_at: Date | null;
  /** Search references in the last complete read. */
  referrals: string[];
  /** A NextRead, with the version of the connection that it is valid for. */
  read_cursor: object | null;
};

export const connectionEntity = new EntitySchema<ConnectionRow>({
  name: 'connection',
  tableName: 'connection',
  columns: {
    workspace_id: keyPart('connection'),
    id: keyPart('connection'),
    name: text(),
    description: text({ default: '' }),
    status: text(),
    kind: text(),
    source: { type: 'jsonb' },
    scope: { type: 'jsonb' },
    mappings: { type: 'jsonb' },
    removal: { type: 'jsonb' },
    schedule: { type: 'jsonb', ...optional },
    continuous: { type: 'boolean', default: false },
    full_every: { type: 'integer', default: 24 },
    photo: { type: 'boolean', default: false },
    match_by: text(),
    priority: { type: 'integer' },
    version: { type: 'integer', default: 1 },
    name_key: bytewise(),
    created_by: { type: 'jsonb' },
    created_at: time({ default: now }),
    updated_at: time({ default: now }),
    last_complete_read_at: time(optional),
    referrals: text({ array: true, default: '{}' }),
    read_cursor: { type: 'jsonb', ...optional },
  },
  indices: [
    { name: 'connection_by_name', columns: ['workspace_id', 'name_key', 'id'] },
    { name: 'connection_continuous', columns: ['workspace_id', 'id'], where: 'continuous' },
  ],
});

export type ConnectionSecretRow = {
  workspace_id: string;
  connection_id: string;
  name: string;
  key_id: string;
  /** Only loaded when it is selected by name. */
  sealed: Buffer;
};

export const connectionSecretEntity = new EntitySchema<ConnectionSecretRow>({
  name: 'connection_secret',
  tableName: 'connection_secret',
  columns: {
    workspace_id: keyPart('connection_secret'),
    connection_id: keyPart('connection_secret'),
    name: keyPart('connection_secret', text()),
    key_id: text(),
    sealed: { type: 'bytea', select: false },
  },
  foreignKeys: [
    {
      name: 'connection_secret_connection',
      target: 'connection',
      columnNames: ['workspace_id', 'connection_id'],
      referencedColumnNames: ['workspace_id', 'id'],
      onDelete: 'CASCADE',
    },
  ],
});
