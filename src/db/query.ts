import { hash } from 'node:crypto';
import type pg from 'pg';

// There are two ways to talk to Postgres. TypeORM's DataSource is the API's (workspace-scope.ts): entities, migrations, and
// what the API reads and saves, behind row-level security. A pool of `pg` is the sync path's and the runs' (pool/sync-pool.ts):
// COPY, cursors and batches with the owner's rights. SQL that both need is written against `Query`.

/**
 * Sends one statement and gives back its rows: the smallest thing that SQL is written against, whatever rights it has. With a
 * `name` it is planned once a session; one name always stands for one text.
 */
export type Query = <Row = Record<string, unknown>>(
  sql: string,
  parameters?: readonly unknown[],
  name?: string,
) => Promise<Row[]>;

/** A name of exactly this text, for statements of which there are few. */
export function preparedName(sql: string): string {
  return hash('sha256', sql, 'base64url');
}

/** Statements on a pool of the sync path (or one of its clients), each on its own. */
export function poolQuery(pool: pg.Pool | pg.ClientBase): Query {
  return async <Row>(text: string, parameters: readonly unknown[] = [], name?: string) =>
    (await pool.query({ text, values: [...parameters], name })).rows as Row[];
}
