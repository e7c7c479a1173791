import type pg from 'pg';
import type { Query } from './query.ts';

/** Statements on a pool (or one of its clients), each on its own. */
export const poolQuery =
  (pool: pg.Pool | pg.ClientBase): Query =>
  async <Row>(sql: string, parameters: readonly unknown[] = []) =>
    (await pool.query(sql, [...parameters])).rows as Row[];
