import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { databaseFailure } from '../database-failure.ts';
import { admitApiLogin } from './api-login.ts';
import { type ApiSourceOptions, createApiSource, requireRole } from './api-source.ts';
import { type StatementStopper, statementStopper } from './statement-stopper.ts';
import { openSyncPool } from './sync-pool.ts';

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

export type DatabaseOptions = ApiSourceOptions & {
  /** Runs that are worked on at the same time through the sync path's pool; default 0. */
  concurrentRuns?: number;
  /** Gets each error of an idle connection. The pools replace such connections by themselves. Default: nobody. */
  onTrouble?: (error: Error) => void;
};

/**
 * What one run uses at a time: while it reads, the people known so far, the staging, its progress and its watch; while it
 * applies, two batches and the watch. A batch keeps its connection while it waits for the one before it, so where such waiting
 * ones had all connections, those that they wait for would get none.
 */
const CONNECTIONS_PER_RUN = 4;
/** For whoever follows runs, starts, ends or looks after them; none of them waits for another while it has a connection. */
const CONNECTIONS_BESIDE_RUNS = 8;

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
