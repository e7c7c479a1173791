import type { Logger } from 'pino';
import { admitWorkspaces } from './access/admit-workspaces.ts';
import { openKeySet } from './access/open-key-set.ts';
import { createSignIn } from './access/sign-in.ts';
import { buildApiSchema } from './api/build-api-schema.ts';
import type { FaultLog } from './api/error/format-error.ts';
import { operationPreparer } from './api/operation/prepare-operation.ts';
import { liveStreams } from './api/stream/live-streams.ts';
import type { Config, DatabaseConfig } from './config.ts';
import type { RunSignals } from './core/run-signals.ts';
import type { RunStore } from './core/run-store.ts';
import { startEmbeddedPostgres } from './db/embedded/start-embedded-postgres.ts';
import { migrate } from './db/migrate.ts';
import { migrationsPending } from './db/migrations-pending.ts';
import { type Database, openDatabase } from './db/open-database.ts';
import { openRunSignals } from './db/open-run-signals.ts';
import { poolQuery } from './db/pool-query.ts';
import { createRunStore } from './db/runs/create-run-store.ts';
import { openBoss } from './db/runs/open-boss.ts';
import { createRunQueue } from './db/runs/run-queue.ts';
import { createSealer } from './db/secrets/create-sealer.ts';
import { createStore } from './db/store.ts';
import { openSyncStore } from './db/sync/open-sync-store.ts';
import { processLogger } from './process-logger.ts';
import { createRunner, type Runner } from './runner/create-runner.ts';
import { startWorker } from './runner/start-worker.ts';
import { startServer } from './server/start-server.ts';
import { runSync } from './sync/run-sync.ts';

export type App = {
  /** Null for a worker alone. */
  url: string | null;
  /** Takes nothing more, finishes or hands back what is under way, and closes all that was opened, in reverse. */
  close(): Promise<void>;
};

export type AppOptions = {
  /** Default: JSON lines on standard output. */
  logger?: Logger;
  /** Told of each statement that the API sends, without its parameters. */
  onStatement?: (sql: string) => void;
};

/** What all parts of a process share. */
type Foundation = {
  config: Config;
  options: AppOptions;
  logger: Logger;
  database: Database;
  runStore: RunStore;
  signals: RunSignals;
};

/** Builds the service and starts what its role asks for. Throws an AppError when it can't; nothing is left open then. */
export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  const logger = options.logger ?? processLogger(config.logLevel);
  await using opened = new AsyncDisposableStack();
  const onTrouble = (err: Error) => logger.warn({ err }, 'A connection to the database was lost; it is made again');
  const databaseUrl = await openPostgres(config, opened);
  await migrate(databaseUrl);
  const database = opened.adopt(
    await openDatabase({ url: databaseUrl, onTrouble, onStatement: options.onStatement }),
    (one) => one.close(),
  );
  const boss = opened.adopt(await openBoss(databaseUrl, onTrouble), (one) => one.stop({ graceful: false }));
  const signals = opened.adopt(await openRunSignals(databaseUrl, onTrouble), (one) => one.close());
  const sealer = createSealer(config.secretsKeys);
  const runStore = createRunStore({ pool: database.syncPool, boss, openSecret: sealer.open });
  const foundation: Foundation = { config, options, logger, database, runStore, signals };
  if (config.role !== 'api') {
    const queue = createRunQueue(boss, (err) => logger.error({ err }, 'A run could not be worked on'));
    const syncParts = { store: openSyncStore(database.syncPool), addresses: config.addresses };
    const work = { store: runStore, signals, queue, log: logger };
    const worker = await startWorker({ ...work, runSync: (claimed, signal) => runSync(syncParts, claimed, signal) });
    opened.defer(() => worker.close());
  }
  let url: string | null = null;
  if (config.role !== 'worker') {
    const runner = createRunner({ store: runStore, signals, addresses: config.addresses, log: logger });
    opened.defer(() => runner.close());
    const server = opened.adopt(
      await startServer(serverParts(foundation, runner, createStore({ apiSource: database.apiSource, sealer })), config),
      (one) => one.close(),
    );
    url = server.url;
  }
  const closing = opened.move();
  return { url, close: () => closing.disposeAsync() };
}

/** Runs the migrations that the database lacks, and nothing else. */
export async function migrateApp(config: DatabaseConfig): Promise<string[]> {
  await using opened = new AsyncDisposableStack();
  return await migrate(await openPostgres(config, opened));
}

async function openPostgres(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  opened: AsyncDisposableStack,
): Promise<string> {
  if (databaseUrl !== null) return databaseUrl;
  const embedded = opened.adopt(await startEmbeddedPostgres({ dataDir }), (one) => one.close());
  return embedded.url;
}

function serverParts({ config, logger, database }: Foundation, runner: Runner, store: ReturnType<typeof createStore>) {
  const schema = buildApiSchema();
  const faultLog: FaultLog = (reference, err) => logger.error({ err, reference }, 'A request failed by a fault of ours');
  const { keys, issuer, audience } = config.auth;
  const admit = admitWorkspaces((workspace) => store.admitWorkspace(workspace));
  return {
    schema,
    services: { store, runner },
    signIn: createSignIn({ keys: openKeySet(keys), issuer, audience, admit }),
    prepare: operationPreparer(schema),
    streams: liveStreams(faultLog),
    notReady: async () => {
      const pending = await migrationsPending(poolQuery(database.syncPool));
      return pending.length > 0 ? 'migrations are to be run' : null;
    },
    logger,
    faultLog,
  };
}
