import pg from 'pg';
import { sqlState } from '../database-failure.ts';
import { breakOff, socketOf } from './pg-client.ts';

export type Silence = {
  /** How long a connection in use may receive nothing before we ask the server whether it still works on the statement. */
  silentMs: number;
  /** How long the server may take to let us in and answer. It is asked twice. */
  answerMs: number;
};

/** Long enough for a very busy machine: a statement that is broken off for no reason must be sent again. */
const usual: Silence = { silentMs: 20_000, answerMs: 15_000 };

/** The server's process id of each session. The number in the protocol may be that of a pooler. */
const backends = new WeakMap<pg.ClientBase, number>();

/** Call this for each new connection of the pool, before it is used. */
export async function noteBackend(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  if (rows[0] !== undefined) backends.set(client, rows[0].pid);
}

/**
 * Closes connections that wait for a host that has vanished without closing them, or for a broken network. TCP reports
 * that only after a quarter of an hour, and only if something that was sent was not acknowledged. A statement may take
 * as long as it needs: the server is asked, and a connection is left alone while the server works on its statement.
 */
export function breakOffSilent(pool: pg.Pool, url: string, { silentMs, answerMs }: Silence = usual): void {
  const looks = new Map<pg.PoolClient, NodeJS.Timeout>();
  let asking: Promise<AtWork> | null = null;
  const isAtWork = async (client: pg.PoolClient): Promise<boolean> => {
    asking ??= sessionsAtWork(url, answerMs).finally(() => {
      asking = null;
    });
    const sessions = await asking;
    if (sessions === 'untold' || sessions === 'silence') return sessions === 'untold';
    const backend = backends.get(client);
    return backend === undefined || sessions.has(backend);
  };
  const lookLater = (client: pg.PoolClient): void => {
    const before = bytesFrom(client);
    const look = setTimeout(async () => {
      const isHeard = () => bytesFrom(client) !== before || looks.get(client) !== look;
      const isWell = isHeard() || (await isAtWork(client)) || isHeard() || (await isAtWork(client)) || isHeard();
      if (looks.get(client) !== look) return;
      if (isWell) lookLater(client);
      else breakOff(client);
    }, silentMs);
    look.unref();
    looks.set(client, look);
  };
  const stop = (client: pg.PoolClient): void => {
    clearTimeout(looks.get(client));
    looks.delete(client);
  };
  pool.on('acquire', lookLater);
  pool.on('release', (_error, client) => stop(client));
}

/** `untold`: the server answers but does not list its sessions, e.g. because it is starting or has no free connection. */
type AtWork = Set<number> | 'untold' | 'silence';

async function sessionsAtWork(url: string, answerMs: number): Promise<AtWork> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'contact-sync-ask',
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE state IS NULL OR state NOT LIKE 'idle%'`,
    );
    return new Set(rows.map(({ pid }) => pid));
  } catch (error) {
    return sqlState(error) === undefined ? 'silence' : 'untold';
  } finally {
    client.end().catch(() => {});
  }
}

function bytesFrom(client: pg.PoolClient): number {
  return socketOf(client).bytesRead;
}
