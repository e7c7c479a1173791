import { connectionEntity, connectionSecretEntity } from './connection.entity.ts';
import { contactEntity, contactLinkEntity, fillsEntity } from './contact.entity.ts';
import { runEntity } from './run.entity.ts';
import { workspaceEntity } from './workspace.entity.ts';

/**
 * The tables that the API works with, as TypeORM knows them; a test holds them against the database. Plan rows and log lines
 * are the sync path's and read by SQL.
 */
export const entities = [
  workspaceEntity,
  connectionEntity,
  connectionSecretEntity,
  runEntity,
  fillsEntity,
  contactEntity,
  contactLinkEntity,
];
