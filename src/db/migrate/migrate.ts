import pg from 'pg';
import { DataSource } from 'typeorm';
import { databaseFailure, requireVersion } from '../database-failure.ts';
import { makePartitions } from '../partition/keep-partitions.ts';
import { defaultRetention, type Retention } from '../partition/partitioned-tables.ts';
import { typeormLogger } from '../pool/api-source.ts';
import { MIGRATIONS_TABLE, migrations } from './migrations.ts';

/** An arbitrary number. The process that migrates a database holds this lock. */
const MIGRATION_LOCK = 5_406_210_311;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Runs the migrations that this database lacks, each in a separate transaction, and makes the partitions for now and
 * soon. A second process waits until the first is done. Returns the names of the migrations it ran. Throws an AppError
 * DATABASE_UNAVAILABLE or MIGRATION_FAILED. `signal` ends the waiting with its reason, never a migration that has
 * begun.
 */
export async function migrate(
  url: string,
  { signal, retention = defaultRetention }: { signal?: AbortSignal; retention?: Retention } = {},
): Promise<string[]> {
  signal?.throwIfAborted();
  const lock = new pg.Client({
    connectionString: url,
    application_name: 'migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  lock.on('error', () => {});
  const leave = () => void lock.end().catch(() => {});
  signal?.addEventListener('abort', leave);
  try {
    await lock.connect();
    const { rows } = await lock.query("SELECT current_setting('server_version_num')::int AS number");
    requireVersion(rows[0].number);
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    signal?.removeEventListener('abort', leave);
    const ran = await runMigrations(url);
    await makePartitions(lock, { retention });
    return ran;
  } catch (error) {
    signal?.throwIfAborted();
    throw databaseFailure(error);
  } finally {
    signal?.removeEventListener('abort', leave);
    await lock.end().catch(() => {});
  }
}

async function runMigrations(url: string): Promise<string[]> {
  const source = new DataSource({
    type: 'postgres',
    url,
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    installExtensions: false,
    logger: typeormLogger(),
    poolErrorHandler: () => {},
  });
  await source.initialize();
  try {
    const run = await source.runMigrations({ transaction: 'each' });
    return run.map(({ name }) => name);
  } finally {
    await source.destroy();
  }
}
