import pg from 'pg';
import { sqlState } from './database-failure.ts';
import { breakOff } from './statement-stopper.ts';

export type Silence = {
  /** How long a connection in use may bring nothing before it is asked whether the server is there at all. */
  silentMs: number;
  /** A server that has not let anybody in by then does not; asked twice. */
  answerMs: number;
};

/** Long enough for a machine that is very busy: a statement that is broken off for nothing has to be done again. */
const usual: Silence = { silentMs: 20_000, answerMs: 15_000 };

/**
 * Breaks off connections of the pool that wait for a host that has vanished without a word. TCP tells so only after a quarter of
 * an hour where something that was sent has no receipt. A statement may take as long as it likes while the server answers others.
 */
export function breakOffSilent(pool: pg.Pool, url: string, { silentMs, answerMs }: Silence = usual): void {
  const looks = new Map<pg.PoolClient, NodeJS.Timeout>();
  let asking: Promise<boolean> | null = null;
  const isThere = (): Promise<boolean> => {
    asking ??= answers(url, answerMs)
      .then((first) => first || answers(url, answerMs))
      .finally(() => {
        asking = null;
      });
    return asking;
  };
  const lookLater = (client: pg.PoolClient): void => {
    const before = bytesFrom(client);
    const look = setTimeout(async () => {
      const isHeard = bytesFrom(client) !== before || (await isThere()) || bytesFrom(client) !== before;
      if (looks.get(client) !== look) return;
      if (isHeard) lookLater(client);
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

/** Whether the server says anything to a newcomer, and be it that it takes no more. */
async function answers(url: string, answerMs: number): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'contact-sync-ask',
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    return sqlState(error) !== undefined;
  } finally {
    client.end().catch(() => {});
  }
}

const bytesFrom = (client: pg.PoolClient): number =>
  (client as unknown as { connection: { stream: { bytesRead: number } } }).connection.stream.bytesRead;
