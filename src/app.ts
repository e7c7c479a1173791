import type { Logger } from 'pino';
import { admitWorkspaces } from './access/admit-workspaces.ts';
import { checkKeySet, openKeySet } from './access/open-key-set.ts';
import { createSignIn } from './access/sign-in.ts';
import { contactSyncSwitch } from './api/access/contact-sync-switch.ts';
import { buildApiSchema } from './api/build-api-schema.ts';
import type { FaultLog } from './api/error/format-error.ts';
import { operationPreparer } from './api/operation/prepare-operation.ts';
import { liveStreams } from './api/stream/live-streams.ts';
import { createTraffic } from './api/traffic/traffic.ts';
import { type TrafficLimits, trafficLimits } from './api/traffic/traffic-limits.ts';
import type { Config, DatabaseConfig } from './config.ts';
import type { RunStore, RunSync } from './core/run-store.ts';
import type { SourcesPort } from './core/sources-port.ts';
import { forgetUnneeded } from './db/contact/forget-unneeded.ts';
import { dropUnwantedPhotos } from './db/contact/photos.ts';
import { createStore } from './db/create-store.ts';
import { startEmbeddedPostgres } from './db/embedded/start-embedded-postgres.ts';
import { migrate } from './db/migrate/migrate.ts';
import { migrationsPending } from './db/migrate/migrations.ts';
import { tidyPartitions } from './db/partition/keep-partitions.ts';
import { type Database, openDatabase } from './db/pool/open-database.ts';
import { poolQuery } from './db/query.ts';
import { createRunStore } from './db/run/create-run-store.ts';
import { createRunQueue } from './db/run/queue/create-run-queue.ts';
import { openBoss } from './db/run/queue/open-boss.ts';
import { resealSecrets } from './db/secrets/connection-secrets.ts';
import { createSealer, type Sealer } from './db/secrets/sealer.ts';
import { openRunSignals, type WorkspaceSignals } from './db/signals/open-run-signals.ts';
import { openSyncStore } from './db/sync/open-sync-store.ts';
import { grantForTrials, openTrials } from './db/sync/open-trials.ts';
import { createWatchStore } from './db/watch/create-watch-store.ts';
import { onceASecond, processLogger } from './process-logger.ts';
import { createRunner, type Runner } from './runner/create-runner.ts';
import { repeat } from './runner/repeat.ts';
import { startWorker } from './runner/start-worker.ts';
import { startWatcher } from './runner/watch/start-watcher.ts';
import type { ServerParts } from './server/server-parts.ts';
import { startServer } from './server/start-server.ts';
import { openSources } from './sync/open-sources.ts';
import { openReadingThreads } from './sync/reading-threads.ts';
import { runSync } from './sync/run-sync.ts';
import { watchSource } from './sync/watch-source.ts';

export type App = {
  /** Null for a worker alone. */
  url: string | null;
  /**
   * Accepts no more requests, finishes or hands back the work under way, and then closes all parts in reverse order.
   */
  close(): Promise<void>;
};

export type AppOptions = {
  /** Default: JSON lines on standard output. */
  logger?: Logger;
  /** Gets each statement that the API sends, without its parameters. */
  onStatement?: (sql: string) => void;
  /** Aborts to end a start that is under way. The start rejects with its reason. */
  signal?: AbortSignal;
  /** Default: those of traffic-limits.ts. */
  traffic?: Partial<TrafficLimits>;
};

/** What all parts of a process share. */
type Foundation = {
  config: Config;
  logger: Logger;
  database: Database;
  /** The URL with the login of the tables' owner. */
  databaseUrl: string;
  boss: Awaited<ReturnType<typeof openBoss>>;
  sealer: Sealer;
  runStore: RunStore;
  signals: WorkspaceSignals;
  limits: TrafficLimits;
};

/** Builds the service and starts the parts of its role. Throws an AppError when it can't, and leaves nothing open then. */
export function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  return orClosed((opened) => openApp(config, options, opened));
}

async function openApp(config: Config, options: AppOptions, opened: AsyncDisposableStack): Promise<App> {
  const logger = options.logger ?? processLogger(config.logLevel);
  const limits = { ...trafficLimits, ...options.traffic };
  const onTrouble = onceASecond((err: Error, more) =>
    logger.warn({ err, more }, 'A connection to the database was lost; it is made again'),
  );
  const { url: databaseUrl, apiUrl } = await openPostgres(config, opened, { logger, signal: options.signal });
  await migrate(databaseUrl, { signal: options.signal, retention: config.retention });
  options.signal?.throwIfAborted();
  const database = opened.adopt(
    await openDatabase({
      url: databaseUrl,
      apiUrl,
      apiConnections: limits.databaseConnections,
      concurrentRuns: config.role === 'api' ? 0 : config.runConcurrency,
      onTrouble,
      onStatement: options.onStatement,
    }),
    (one) => one.close(),
  );
  const boss = opened.adopt(await openBoss(databaseUrl, onTrouble), (one) => one.stop({ graceful: false }));
  const signals = opened.adopt(await openRunSignals(databaseUrl, onTrouble), (one) => one.close());
  const sealer = createSealer(config.secretsKeys);
  if (config.secretsKeys.length > 1) await resealSecrets(database.syncPool, sealer);
  const runStore = createRunStore({ pool: database.syncPool, boss, openSecret: sealer.open });
  const foundation: Foundation = { config, logger, database, databaseUrl, boss, sealer, runStore, signals, limits };
  if (config.role !== 'api') await openWorker(foundation, opened);
  const url = config.role === 'worker' ? null : await openServer(foundation, opened);
  options.signal?.throwIfAborted();
  return { url, close: () => opened.disposeAsync() };
}

/** How often partitions are made ahead of time, old ones are dropped, and data that is no longer needed is deleted. */
const tidyEveryMs = 60 * 60 * 1000;

async function openWorker(
  { config, logger, database, boss, sealer, runStore, signals }: Foundation,
  opened: AsyncDisposableStack,
): Promise<void> {
  const queue = createRunQueue(boss, signals, (err) => logger.error({ err }, 'A run could not be worked on'));
  const threads = openReadingThreads();
  opened.defer(() => threads.close());
  const parts = { store: openSyncStore(database.syncPool), threads, addresses: config.addresses };
  const sync: RunSync = (claimed, signal) => runSync(parts, claimed, signal);
  const upkeep = repeat(
    () => tidyPartitions(database.syncPool, config.retention, logger),
    tidyEveryMs,
    (err) => logger.warn({ err }, 'Partitions could not be made or dropped; it is tried again'),
  );
  opened.defer(() => upkeep.stop());
  const photos = repeat(
    () => dropUnwantedPhotos(database.syncPool),
    tidyEveryMs,
    (err) => logger.warn({ err }, 'Photos that are no longer shown could not be deleted; it is tried again'),
  );
  opened.defer(() => photos.stop());
  const memories = repeat(
    () => forgetUnneeded(database.syncPool, config.retention.historyDays),
    tidyEveryMs,
    (err) =>
      logger.warn({ err }, 'Former names and merges that are no longer needed could not be deleted; it is tried again'),
  );
  opened.defer(() => memories.stop());
  const worker = await startWorker({
    store: runStore,
    signals,
    queue,
    runSync: sync,
    concurrency: config.runConcurrency,
    log: logger,
  });
  opened.defer(() => worker.close());
  const watcher = startWatcher({
    watches: createWatchStore({ pool: database.syncPool, boss, openSecret: sealer.open }),
    runs: runStore,
    signals,
    watchSource: (task, options) => watchSource(task, config.addresses, options),
    log: logger,
  });
  opened.defer(() => watcher.close());
}

async function openServer(foundation: Foundation, opened: AsyncDisposableStack): Promise<string> {
  const { config, logger, database, databaseUrl, runStore, signals } = foundation;
  const threads = openReadingThreads('tests');
  opened.defer(() => threads.close());
  const grant = await grantForTrials(poolQuery(database.syncPool));
  if (grant !== null)
    logger.warn({ grant }, 'Previews and explanations need a right of the database that is not granted');
  const trials = opened.adopt(openTrials(databaseUrl), (one) => one.close());
  const sources = openSources({
    threads,
    trials,
    addresses: config.addresses,
    storedSecrets: runStore.secrets,
    files: runStore.files,
  });
  const runner = createRunner({ store: runStore, signals, log: logger });
  opened.defer(() => runner.close());
  const parts = serverParts(foundation, { runner, sources });
  opened.defer(() => parts.streams.close());
  const server = await startServer(parts, config);
  opened.defer(() => server.close());
  return server.url;
}

/** Runs the missing migrations, and nothing else. */
export function migrateApp(config: DatabaseConfig): Promise<string[]> {
  return orClosed(async (opened) => {
    const logger = processLogger(config.logLevel);
    const { url } = await openPostgres({ apiDatabaseUrl: null, ...config }, opened, { logger });
    const migrations = await migrate(url, { retention: config.retention });
    await opened.disposeAsync();
    return migrations;
  });
}

/** Closes all parts that were opened, if `open` fails. */
async function orClosed<T>(open: (opened: AsyncDisposableStack) => Promise<T>): Promise<T> {
  const opened = new AsyncDisposableStack();
  try {
    return await open(opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function openPostgres(
  { databaseUrl, apiDatabaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'apiDatabaseUrl' | 'dataDir'>,
  opened: AsyncDisposableStack,
  { logger, signal }: { logger: Logger; signal?: AbortSignal },
): Promise<{ url: string; apiUrl: string | null }> {
  if (databaseUrl !== null) return { url: databaseUrl, apiUrl: apiDatabaseUrl };
  const embedded = opened.adopt(await startEmbeddedPostgres({ dataDir, signal }), (one) => one.close());
  logger.info({ folder: embedded.home }, 'database');
  return embedded;
}

function serverParts(
  { config, logger, database, sealer, signals, limits }: Foundation,
  ports: { runner: Runner; sources: SourcesPort },
): ServerParts {
  const store = createStore({ ...database, sealer });
  const schema = buildApiSchema();
  const unavailable = onceASecond((err: unknown, more) =>
    logger.error({ err, more }, "Requests can't be answered: the database can't be reached"),
  );
  const faultLog: FaultLog = (reference, err) => {
    if (reference === null) unavailable(err);
    else logger.error({ err, reference }, 'A request failed because of an internal error');
  };
  const contactSync = contactSyncSwitch(async (id) => (await store.in(id).workspace()).contactSyncEnabled);
  signals.onContactSync(contactSync.forget, () => contactSync.forget());
  const { issuer, audience } = config.auth;
  const keys = openKeySet(config.auth.keys, (err) =>
    logger.error({ err }, "Nobody can sign in while the keys of AUTH_JWKS can't be fetched"),
  );
  void checkKeySet(config.auth.keys, (message, err) => logger.warn(err === undefined ? {} : { err }, message));
  const admit = admitWorkspaces((workspace) => store.admitWorkspace(workspace));
  return {
    schema,
    services: { store, ...ports, contactSync },
    signIn: createSignIn({ keys, issuer, audience, admit }),
    operations: operationPreparer(schema),
    streams: liveStreams(faultLog),
    traffic: createTraffic(limits, config.operationTimeoutSeconds),
    notReady: async () => {
      const pending = await migrationsPending(poolQuery(database.syncPool));
      return pending.length > 0 ? 'migrations are to be run' : null;
    },
    logger,
    faultLog,
  };
}
