import pg from 'pg';
import { hearErrors, processOf } from './pg-client.ts';

/** Cancels the statement that a connection's session is working on. */
export type StatementStopper = {
  /** Resolves when the server has taken the request. Rejects when it can't be reached in time. */
  stop(client: pg.PoolClient): Promise<void>;
  close(): Promise<void>;
};

/** After this long we no longer expect an answer. */
const ANSWER_MS = 2000;

/**
 * Uses a separate connection, which is opened when it is first needed: the statements to be cancelled may keep the
 * whole pool busy.
 */
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
