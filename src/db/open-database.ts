import pg from 'pg';
import { DataSource } from 'typeorm';
import { AppError } from '../core/app-error.ts';
import { admitApiLogin } from './api-login.ts';
import { API_ROLE } from './api-role.ts';
import { databaseFailure } from './database-failure.ts';
import { entities } from './entities/entities.ts';
import { hearErrors } from './hear-errors.ts';
import { openSyncPool } from './open-sync-pool.ts';
import { type StatementStopper, statementStopper } from './statement-stopper.ts';
import { typeormLogger } from './typeorm-logger.ts';

export type Database = {
  /** For what the API reads and saves: role kdesk_contact_sync_api, behind row-level security. */
  apiSource: DataSource;
  /** Ends statements of `apiSource`. */
  stopper: StatementStopper;
  /** For the sync path and the runner: the tables' owner, whose every statement names the workspace. */
  syncPool: pg.Pool;
  /** Waits for what is in use. */
  close(): Promise<void>;
};

export type DatabaseOptions = {
  url: string;
  /** With a login of its own for the API's pool. Default: the login of `url`, which then works as the API's role. */
  apiUrl?: string | null;
  /** Connections of the API's pool; default 10. */
  apiConnections?: number;
  /** Runs that are worked on at the same time through the sync path's pool; default 0. */
  concurrentRuns?: number;
  /** Told of connections lost while idle; the pools replace them by themselves. Default: nobody. */
  onTrouble?: (error: Error) => void;
  /** Told of each statement that the API sends, without its parameters. Default: nobody. */
  onStatement?: (sql: string) => void;
};

/**
 * What one run uses at a time: while it reads, the people known so far, the staging, its progress and its watch; while it
 * applies, two batches and the watch. A batch keeps its connection while it waits for the one before it, so where such waiting
 * ones had all connections, those that they wait for would get none.
 */
const CONNECTIONS_PER_RUN = 4;
/** For whoever follows runs, starts, ends or looks after them; none of them waits for another while it has a connection. */
const CONNECTIONS_BESIDE_RUNS = 8;
const CONNECT_TIMEOUT_MS = 10_000;
/** Of what the API asks outside of an operation, which has its deadline; a longer one is a fault. */
const STATEMENT_TIMEOUT_MS = 60_000;

/**
 * Opens both pools and makes sure that the API's really works as its role. Throws an AppError DATABASE_UNAVAILABLE, or
 * API_LOGIN_UNFIT where the API's own login could do more than it should. The tables must be there (see migrate).
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const onTrouble = options.onTrouble ?? (() => {});
  const connections = CONNECTIONS_PER_RUN * (options.concurrentRuns ?? 0) + CONNECTIONS_BESIDE_RUNS;
  const syncPool = openSyncPool({ url: options.url, connections, onTrouble });
  const apiSource = createApiSource(options, onTrouble);
  const stopper = statementStopper(options.apiUrl ?? options.url);
  try {
    await syncPool.query('SELECT 1');
    if (options.apiUrl) await admitApiLogin(options.apiUrl, syncPool);
    await apiSource.initialize();
    await requireRole(apiSource);
  } catch (error) {
    await Promise.allSettled([
      syncPool.end(),
      stopper.close(),
      apiSource.isInitialized ? apiSource.destroy() : undefined,
    ]);
    throw databaseFailure(error);
  }
  return {
    apiSource,
    stopper,
    syncPool,
    close: async () => {
      await Promise.all([apiSource.destroy(), stopper.close(), syncPool.end()]);
    },
  };
}

const createApiSource = (options: DatabaseOptions, onTrouble: (error: Error) => void): DataSource =>
  new DataSource({
    type: 'postgres',
    url: options.apiUrl ?? options.url,
    applicationName: 'contact-sync-api',
    poolSize: options.apiConnections ?? 10,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      options: `-c role=${API_ROLE} -c timezone=UTC -c statement_timeout=${STATEMENT_TIMEOUT_MS}`,
      types: { getTypeParser },
      keepAlive: true,
      // What is sent without waiting for the statement before it does not wait for it on its way either.
      pipeline: true,
      onConnect: hearErrors,
    },
    entities,
    installExtensions: false,
    poolErrorHandler: onTrouble,
    logger: typeormLogger(options.onStatement),
  });

/** Of the type timestamptz. */
const MOMENT_OID = 1184;
const moment = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?\+00$/;

/** A page has hundreds of moments. In UTC they are nearly what `Date` reads by itself, several times faster. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  const usual = pg.types.getTypeParser(oid, format);
  if (oid !== MOMENT_OID || format === 'binary') return usual;
  return (text: string) => (moment.test(text) ? new Date(`${text.replace(' ', 'T').slice(0, -3)}Z`) : usual(text));
};

async function requireRole(source: DataSource): Promise<void> {
  const rows: { role: string }[] = await source.query('SELECT current_user AS role');
  if (rows[0]?.role === API_ROLE) return;
  throw new AppError('DATABASE_UNAVAILABLE', `The API's connections work as ${rows[0]?.role}, not as ${API_ROLE}.`, {
    hint: 'Take `options` out of DATABASE_URL and API_DATABASE_URL, and connect to Postgres itself, not to a pooler that drops start-up options.',
  });
}
