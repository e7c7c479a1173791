import pg from 'pg';
import { sqlState } from '../database-failure.ts';
import { breakOff, socketOf } from './pg-client.ts';

export type Silence = {
  /** How long a connection in use may bring nothing before the server is asked whether it works for it. */
  silentMs: number;
  /** A server that has not let anybody in by then does not; asked twice. */
  answerMs: number;
};

/** Long enough for a machine that is very busy: a statement that is broken off for nothing has to be done again. */
const usual: Silence = { silentMs: 20_000, answerMs: 15_000 };

/** As the server numbers its sessions; what the protocol tells may come from a pooler. */
const backends = new WeakMap<pg.ClientBase, number>();

/** To be done with each new connection of the pool, before it is used. */
export async function noteBackend(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  if (rows[0] !== undefined) backends.set(client, rows[0].pid);
}

/**
 * Breaks off connections of the pool that wait for a host, or a way to it, that has vanished without a word. TCP tells so only
 * after a quarter of an hour where something that was sent has no receipt. A statement may take as long as it likes: the server
 * is asked, and one that it works on is left alone.
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

/** `untold`: the server is there, and tells nothing of its sessions, as while it starts or has no room. */
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
