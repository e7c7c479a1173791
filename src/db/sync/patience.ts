import { setTimeout as wait } from 'node:timers/promises';
import type { Pool, PoolClient, QueryResult, QueryResultRow } from 'pg';
import { DatabaseLost } from '../../core/database-trouble.ts';
import { sqlState } from '../database-failure.ts';
import { waitOut } from '../try-again.ts';

/** An attempt's way to the database. It waits out lost connections, as long as the database has not lost any of our changes. */
export type Patience = {
  /** Does work that may be done twice, until it succeeds. Throws DatabaseLost (see there). */
  patiently<T>(work: () => Promise<T>): Promise<T>;
  /** Sends one statement that may be sent twice. */
  query<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<QueryResult<Row>>;
  /**
   * Begins a transaction that depends on all earlier ones. Returns the transaction's number. Throws DatabaseLost when the server
   * has lost some of them: a crash between two transactions makes no statement fail.
   */
  begun(client: PoolClient): Promise<string>;
  /** Whether a transaction committed, when its COMMIT got no answer. */
  hasCommitted(xid: string): Promise<boolean>;
};

const askAgainMs = 50;

/**
 * Much of a run is committed without waiting for the disk, so a crash of the server may lose the latest commits. A
 * crash also empties unlogged tables. So a token is stored in such a table (`server_memory`): while it is there,
 * nothing was lost.
 */
export function createPatience(pool: Pool, signal: AbortSignal | undefined): Patience {
  let noted: Promise<string> | null = null;
  const check = async (found: string | null): Promise<void> => {
    if (found !== null && found === (await noted)) return;
    throw new DatabaseLost('The database has crashed and may have forgotten the latest changes.', { startOver: true });
  };
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    noted ??= waitOut(() => note(pool), { signal });
    noted.catch(() => {
      noted = null;
    });
    await noted;
    return waitOut(work, { signal, beforeAgain: async () => check(await readNote(pool)) });
  };
  return {
    patiently,
    query: <Row extends QueryResultRow>(sql: string, values: unknown[] = []) =>
      patiently(() => pool.query<Row>(sql, values)),
    begun: async (client) => {
      const { rows } = await client.query<{ xid: string; token: string | null }>(
        'SELECT pg_current_xact_id()::text AS xid, (SELECT token FROM server_memory) AS token',
      );
      await check(rows[0]?.token ?? null);
      return rows[0]?.xid ?? '';
    },
    hasCommitted: (xid) =>
      patiently(async () => {
        for (;;) {
          const { status, token } = await statusOf(pool, xid);
          await check(token);
          if (status !== 'in progress') return status === 'committed';
          signal?.throwIfAborted();
          await wait(askAgainMs);
        }
      }),
  };
}

async function readNote(pool: Pool): Promise<string | null> {
  const { rows } = await pool.query<{ token: string }>('SELECT token FROM server_memory');
  return rows[0]?.token ?? null;
}

async function note(pool: Pool): Promise<string> {
  for (;;) {
    const token = await readNote(pool);
    if (token !== null) return token;
    await pool.query('INSERT INTO server_memory (token) VALUES (gen_random_uuid()) ON CONFLICT DO NOTHING');
  }
}

type Status = { status: string | null; token: string | null };

/** A transaction number that the server has not given out yet was lost in a crash. One statement, because it may crash between two. */
async function statusOf(pool: Pool, xid: string): Promise<Status> {
  try {
    const { rows } = await pool.query<Status>(
      'SELECT pg_xact_status($1::xid8) AS status, (SELECT token FROM server_memory) AS token',
      [xid],
    );
    return rows[0] ?? { status: null, token: null };
  } catch (cause) {
    if (sqlState(cause) !== '22023') throw cause;
    throw new DatabaseLost('The database has forgotten a transaction.', { startOver: true, cause });
  }
}
