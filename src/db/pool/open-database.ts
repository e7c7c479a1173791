import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { databaseFailure } from '../database-failure.ts';
import { admitApiLogin } from './api-login.ts';
import { type ApiSourceOptions, createApiSource, requireRole } from './api-source.ts';
import { type StatementStopper, statementStopper } from './statement-stopper.ts';
import { openSyncPool } from './sync-pool.ts';

export type Database = {
  /** For the API's reads and writes: role kdesk_contact_sync_api, behind row-level security. */
  apiSource: DataSource;
  /** Ends statements of `apiSource`. */
  stopper: StatementStopper;
  /** For the sync path and the runner: the owner of the tables. Each of its statements names the workspace. */
  syncPool: pg.Pool;
  /** Waits until no connection is in use. */
  close(): Promise<void>;
};

export type DatabaseOptions = ApiSourceOptions & {
  /** How many runs work at the same time, all through the sync path's pool; default 0. */
  concurrentRuns?: number;
  /** Gets each error of an idle connection. The pools replace such connections by themselves. Default: nobody. */
  onTrouble?: (error: Error) => void;
};

/**
 * What one run uses at a time. While it reads: one connection each for the people known so far, the staging, the progress and
 * the watch. While it applies: three batches and the watch. A batch keeps its connection while it waits for the batch before it.
 * With fewer connections, waiting batches could hold them all, and the batches they wait for would get none.
 */
const CONNECTIONS_PER_RUN = 4;
/** For following, starting, ending and recovering runs. None of these waits for another one while it holds a connection. */
const CONNECTIONS_BESIDE_RUNS = 8;

/**
 * Opens both pools and checks that the API's pool works as the API's role. Throws an AppError DATABASE_UNAVAILABLE, or
 * API_LOGIN_UNFIT when the API's own login could do more than it should. The tables must exist (see migrate/migrate.ts).
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
