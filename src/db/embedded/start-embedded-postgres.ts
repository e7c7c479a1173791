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
  /** Of the service's own database, with its login's password. */
  url: string;
  /** Of the same database, with the API's login. */
  apiUrl: string;
  /** The folder with its data. */
  home: string;
  /** The last process that uses the server ends it: no process and no lock stays. */
  close(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  /** DATA_DIR; made when missing. */
  dataDir: string;
  /** Server settings beside ours (tests switch fsync off). */
  settings?: Readonly<Record<string, string>>;
  /** Ends a start that is under way, with its reason; what it has begun is taken back. */
  signal?: AbortSignal;
};

/** A port may be taken, or another process start or stop the server, between our look and our step. */
const ATTEMPTS = 10;
const CLOSED_POLL_MS = 20;

/**
 * Starts the Postgres whose binaries came with the packages, on loopback, or joins the one that another process runs in the
 * same DATA_DIR or that a crash has left. Throws an AppError DATABASE_UNAVAILABLE that says why not.
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

/** The server that runs already, with ourselves as one of its users; waits for the end of one that is about to end. */
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

/** Null: the server ended meanwhile. */
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
    // A server that is being stopped ends our session first, and is there for a moment yet.
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

/** Our session, or a new one where it was lost (a backend that died takes all others with it); null: the server is gone. */
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
