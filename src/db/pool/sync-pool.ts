import pg from 'pg';
import { hearErrors } from './pg-client.ts';
import { breakOffSilent, noteBackend, type Silence } from './silent-connections.ts';

export type SyncPoolOptions = {
  url: string;
  connections: number;
  /** Gets each error of an idle connection. The pool replaces such connections by itself. */
  onTrouble?: (error: Error) => void;
  /** Default: see silent-connections.ts. */
  silence?: Silence;
};

/** These stay open while idle, so that a run that starts after a pause need not connect first. */
const keptOpen = 4;

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * These bound how long a frozen process or a vanished host can hold up others. Our transactions wait for nothing but
 * the database, so an idle transaction has lost its process. A batch of changes sets its own lock timeout.
 */
const bounds = `
  SET idle_in_transaction_session_timeout = '10s';
  SET lock_timeout = '20s';
  SET tcp_keepalives_idle = 10;
  SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3;
  SET tcp_user_timeout = '25s'`;

/**
 * What a run adds to the text index goes into a pending list first. That costs a third of adding it to the index batch
 * by batch. When the run has ended, it moves the list into the index (see settle-tables.ts). A search reads the whole
 * list: 64 MB, from some 200,000 people, take it 30 milliseconds.
 */
const indexLater = `SET gin_pending_list_limit = '64MB'`;

/** Makes the server notice during a long statement that its client is gone. Not every operating system supports this. */
const lookForClient = `SET client_connection_check_interval = '10s'`;

/** Connections of the tables' owner for the sync path and the runner. */
export function openSyncPool({ url, connections, onTrouble = () => {}, silence }: SyncPoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'contact-sync',
    max: connections,
    min: Math.min(connections, keptOpen),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Not as start-up options: options in the URL would replace them.
    onConnect: async (client) => {
      await client.query(`${bounds}; ${indexLater}`);
      await noteBackend(client);
      await client.query(lookForClient).catch(() => {});
    },
  });
  pool.on('error', onTrouble);
  pool.on('connect', hearErrors);
  breakOffSilent(pool, url, silence);
  return pool;
}
