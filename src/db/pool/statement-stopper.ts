import pg from 'pg';
import { hearErrors, processOf } from './pg-client.ts';

/** Ends what a connection's session is working on. */
export type StatementStopper = {
  /** Resolves when the server has been told; rejects when it can't be told in time. */
  stop(client: pg.PoolClient): Promise<void>;
  close(): Promise<void>;
};

/** A server that has not answered by then does not. */
const ANSWER_MS = 2000;

/** Over a connection of its own, made when it is first needed: all those of the pool may be busy, with what is to be ended. */
export function statementStopper(url: string): StatementStopper {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'contact-sync-api-stop',
    max: 1,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  });
  pool.on('error', () => {});
  pool.on('connect', hearErrors);
  return {
    stop: async (client) => {
      await pool.query('SELECT pg_cancel_backend($1)', [processOf(client)]);
    },
    close: () => pool.end(),
  };
}
