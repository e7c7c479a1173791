import pg from 'pg';
import { databaseFailure } from '../database-failure.ts';

/** One connection that listens for the whole process. */
export type Listener = {
  /**
   * `hear` gets the payload of each notification from now on. `missed` is called when some may have been lost: the connection
   * broke and is up again. `channel` defaults to the first one. Returns a function that unsubscribes.
   */
  subscribe(hear: (payload: string) => void, missed?: () => void, channel?: string): () => void;
  close(): Promise<void>;
};

export type ListenOptions = {
  url: string;
  channel: string;
  /** Further channels. */
  more?: readonly string[];
  /** Gets an error each time the connection is lost. */
  onTrouble?: (error: Error) => void;
};

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5_000;
/** A connection that died silently is noticed after at most this plus ANSWER_MS. */
const PING_MS = 10_000;
const ANSWER_MS = 5_000;

/** Connects and listens. Reconnects whenever the connection is lost. Throws an AppError when the first connect fails. */
export async function listen({ url, channel, more = [], onTrouble = () => {} }: ListenOptions): Promise<Listener> {
  const subscribers = new Set<{ channel: string; hear: (payload: string) => void; missed: () => void }>();
  let client: pg.Client | null = null;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  const connect = async (): Promise<void> => {
    const opened = await connectTo(url, [channel, ...more], (from, payload) => {
      for (const subscriber of [...subscribers]) if (subscriber.channel === from) subscriber.hear(payload);
    });
    if (closed) return opened.end();
    client = opened;
    const ping = setInterval(() => opened.query('SELECT 1').catch(() => opened.end().catch(() => {})), PING_MS);
    ping.unref();
    opened.once('end', () => {
      clearInterval(ping);
      client = null;
      if (closed) return;
      onTrouble(new Error(`The connection that listens to ${channel} was lost.`));
      reconnect(FIRST_RETRY_MS);
    });
  };

  const reconnect = (delay: number): void => {
    retry = setTimeout(() => {
      connect().then(
        () => {
          for (const { missed } of [...subscribers]) missed();
        },
        () => {
          if (!closed) reconnect(Math.min(delay * 2, LONGEST_RETRY_MS));
        },
      );
    }, delay);
  };

  await connect().catch((error: unknown) => {
    throw databaseFailure(error);
  });
  return {
    subscribe: (hear, missed = () => {}, from = channel) => {
      const subscriber = { channel: from, hear, missed };
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    close: async () => {
      closed = true;
      clearTimeout(retry);
      subscribers.clear();
      await client?.end();
    },
  };
}

async function connectTo(
  url: string,
  channels: readonly string[],
  hear: (channel: string, payload: string) => void,
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'contact-sync-listen',
    keepAlive: true,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  // The `end` event follows, and is handled.
  client.on('error', () => {});
  client.on('notification', ({ channel, payload }) => hear(channel, payload ?? ''));
  try {
    await client.connect();
    for (const channel of channels) await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}
