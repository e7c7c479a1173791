/** SQL: a connection's settings as a run keeps them; secrets are not among them. */
export const settingsOfConnection = `jsonb_build_object('kind', connection.kind, 'source', connection.source,
  'scope', connection.scope, 'mappings', connection.mappings, 'removal', connection.removal,
  'matchBy', connection.match_by, 'priority', connection.priority)`;
