import pg from 'pg';
import { hearErrors } from './pg-client.ts';
import { breakOffSilent, noteBackend, type Silence } from './silent-connections.ts';

export type SyncPoolOptions = {
  url: string;
  connections: number;
  /** Told of connections lost while idle; the pool replaces them by itself. Default: nobody. */
  onTrouble?: (error: Error) => void;
  /** Default: see break-off-silent.ts. */
  silence?: Silence;
};

/** Not closed while idle: a run that is started after a pause finds what it begins with. */
const keptOpen = 4;

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * What bounds how long a process that is frozen, or a host that is gone, can hold up others. No transaction waits for anything
 * but the database: one that is idle has lost its process. A batch of changes waits for locks with a patience of its own.
 */
const bounds = `
  SET idle_in_transaction_session_timeout = '10s';
  SET lock_timeout = '20s';
  SET tcp_keepalives_idle = 10;
  SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3;
  SET tcp_user_timeout = '25s'`;

/**
 * What a run adds to the text index waits in a list, which costs a third of sorting it in batch by batch; the run sorts it in
 * once it has ended (see settle-tables.ts). A search goes through the list: so much, of some 200,000 people, takes it 30 milliseconds.
 */
const indexLater = `SET gin_pending_list_limit = '64MB'`;

/** Looks for a client that is gone while a long statement goes on. Not every system that Postgres runs on can. */
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
    // Not as start-up options: those that the URL brings would take their place.
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
