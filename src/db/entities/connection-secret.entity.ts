import { EntitySchema } from 'typeorm';
import { keyPart, text } from './columns.ts';

export type ConnectionSecretRow = {
  workspace_id: string;
  connection_id: string;
  name: string;
  key_id: string;
  /** Not there unless it is asked for by name. */
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
