import type pg from 'pg';
import type { Query } from './query.ts';

/** Statements on a pool (or one of its clients), each on its own. */
export const poolQuery =
  (pool: pg.Pool | pg.ClientBase): Query =>
  async <Row>(text: string, parameters: readonly unknown[] = [], name?: string) =>
    (await pool.query({ text, values: [...parameters], name })).rows as Row[];
