import { hash } from 'node:crypto';
import type pg from 'pg';

// There are two ways to talk to Postgres (see README.md). The API uses the connections of TypeORM's pool (workspace-scope.ts), the sync path
// and the runs use a pool of `pg` (pool/sync-pool.ts). SQL that both need is written against `Query`.

/**
 * Sends one statement and returns its rows, over either way. With a `name` the statement is prepared once per session. A name must
 * always stand for the same text.
 */
export type Query = <Row = Record<string, unknown>>(
  sql: string,
  parameters?: readonly unknown[],
  name?: string,
) => Promise<Row[]>;

/** A name for exactly this text. Only for statements with few different texts: sessions keep all of them. */
export function preparedName(sql: string): string {
  return hash('sha256', sql, 'base64url');
}

/** Sends statements over a pool of the sync path, or one of its clients. On a pool, each is a transaction of its own. */
export function poolQuery(pool: pg.Pool | pg.ClientBase): Query {
  return async <Row>(text: string, parameters: readonly unknown[] = [], name?: string) =>
    (await pool.query({ text, values: [...parameters], name })).rows as Row[];
}
