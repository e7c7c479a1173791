import type pg from 'pg';

// There are two ways to talk to Postgres (see README.md). The API uses the connections of TypeORM's pool (workspace-scope.ts), the
// sync path and the runs use a pool of `pg` (pool/sync-pool.ts). SQL that both need is written against `Query`.

/**
 * Sends one statement and returns its rows, over either way. `kept`: a session of the API keeps the statement, and parses and plans it
 * only once, for all values.
 */
export type Query = <Row = Record<string, unknown>>(
  sql: string,
  parameters?: readonly unknown[],
  kept?: 'kept',
) => Promise<Row[]>;

/** Sends statements over a pool of the sync path, or one of its clients. On a pool, each is a separate transaction. */
export function poolQuery(pool: pg.Pool | pg.ClientBase): Query {
  return async <Row>(text: string, parameters: readonly unknown[] = []) =>
    (await pool.query({ text, values: [...parameters] })).rows as Row[];
}
