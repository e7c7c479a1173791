import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { embeddedFailure } from './embedded-failure.ts';
import { initData } from './init-data.ts';
import { type Launched, launchPostmaster } from './launch-postmaster.ts';
import { findPostmaster, type Postmaster, stopPostmaster } from './postmaster.ts';
import { guardGone, joinGuard } from './server-guard.ts';
import { type ServerPlace, serverPlace } from './server-place.ts';
import {
  API_LOGIN,
  apiPassword,
  connectWhenReady,
  ended,
  isNotReady,
  joinUsers,
  leaveUsers,
  SERVICE_ROLE,
  setUpService,
} from './server-session.ts';

export type EmbeddedPostgres = {
  /** URL of the service's database, with the service's login and password. */
  url: string;
  /** URL of the same database, with the API's login. */
  apiUrl: string;
  /** The folder with the server's data. */
  home: string;
  /** Ends the server if no other process uses it. Then no process and no lock is left. */
  close(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  /** DATA_DIR; created if missing. */
  dataDir: string;
  /** Server settings besides ours (tests switch fsync off). */
  settings?: Readonly<Record<string, string>>;
  /** Ends a start with the signal's reason, and undoes what was begun. */
  signal?: AbortSignal;
};

/** Between our look and our step, the port may be taken, or another process may start or stop the server. */
const ATTEMPTS = 10;
const CLOSED_POLL_MS = 20;

/**
 * Starts Postgres from the binaries in our packages, on the loopback address. If a server already runs in this DATA_DIR (of
 * another process, or left by a crash), joins that one. Throws an AppError DATABASE_UNAVAILABLE with the reason.
 */
export async function startEmbeddedPostgres({
  dataDir,
  settings = {},
  signal,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = await serverPlace(dataDir);
  await initData(place, signal);
  const password = (await readFile(place.password, 'utf8')).trim();
  let ended = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    signal?.throwIfAborted();
    const server = (await joinServer(place)) ?? (await launchPostmaster(place, settings));
    const client = await join(server, password, place).catch((error) => {
      server.leave();
      throw error;
    });
    if (client !== null) return running(server, client, place, password);
    server.leave();
    ended = (await server.ended) ?? ended;
  }
  throw embeddedFailure(`The embedded Postgres in ${place.home} does not start: ${ended}`);
}

/** Joins a server that already runs. Waits for the end of one that is about to end. Null: none runs. */
async function joinServer(place: ServerPlace): Promise<(Postmaster & Partial<Launched> & { leave(): void }) | null> {
  for (;;) {
    const found = await findPostmaster(place.data);
    if (found === null) return null;
    const guard = joinGuard(place, found.pid);
    if (guard.kind !== 'closed') return { ...found, leave: guard.leave };
    await wait(CLOSED_POLL_MS);
  }
}

function running(
  server: Postmaster & { leave(): void },
  client: pg.Client,
  place: ServerPlace,
  password: string,
): EmbeddedPostgres {
  return {
    url: url(server.port, SERVICE_ROLE, password),
    apiUrl: url(server.port, API_LOGIN, apiPassword(password)),
    home: place.home,
    close: async () => {
      try {
        await leave(client, place, password);
      } finally {
        server.leave();
      }
      if ((await findPostmaster(place.data)) === null) await guardGone(place, server.pid);
    },
  };
}

function url(port: number, login: string, password: string): string {
  return `postgres://${login}:${password}@127.0.0.1:${port}/${SERVICE_ROLE}`;
}

/** Opens our session. Null: the server has ended. */
async function join(postmaster: Postmaster, password: string, place: ServerPlace): Promise<pg.Client | null> {
  let client: pg.Client | null = null;
  try {
    client = await connectWhenReady(postmaster, password);
    if (client === null) return null;
    await joinUsers(client);
    await setUpService(client, password);
    return client;
  } catch (cause) {
    await client?.end().catch(() => {});
    // A server that is being stopped ends our session first, and still runs for a moment.
    if (isNotReady(cause)) await ended(postmaster);
    const now = await findPostmaster(place.data);
    if (now === null || now.pid !== postmaster.pid) return null;
    throw embeddedFailure(`The embedded Postgres in ${place.home} runs, but refuses us.`, { cause });
  }
}

async function leave(client: pg.Client, place: ServerPlace, password: string): Promise<void> {
  const session = await stillOpen(client, place, password);
  if (session === null) return;
  try {
    const postmaster = await findPostmaster(place.data);
    if (postmaster !== null && (await leaveUsers(session))) await stopPostmaster(postmaster);
  } finally {
    await session.end().catch(() => {});
  }
}

/** Our session, or a new one if it was lost (a backend that crashes ends all others). Null: the server is gone. */
async function stillOpen(client: pg.Client, place: ServerPlace, password: string): Promise<pg.Client | null> {
  try {
    await client.query('SELECT 1');
    return client;
  } catch {
    await client.end().catch(() => {});
    const postmaster = await findPostmaster(place.data);
    return postmaster === null ? null : connectWhenReady(postmaster, password);
  }
}
