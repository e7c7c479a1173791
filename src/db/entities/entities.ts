import { connectionEntity, connectionSecretEntity } from './connection.entity.ts';
import { contactEntity, contactLinkEntity, fillsEntity } from './contact.entity.ts';
import { runEntity } from './run.entity.ts';
import { connectionWatchEntity } from './watch.entity.ts';
import { workspaceEntity } from './workspace.entity.ts';

/**
 * TypeORM's description of the tables that the API works with. A test compares it with the database. Plan, history and log have
 * no entities: they are read and written by plain SQL.
 */
export const entities = [
  workspaceEntity,
  connectionEntity,
  connectionSecretEntity,
  connectionWatchEntity,
  runEntity,
  fillsEntity,
  contactEntity,
  contactLinkEntity,
];
