import pg from 'pg';
import { DataSource } from 'typeorm';
import { databaseFailure } from './database-failure.ts';
import { MIGRATIONS_TABLE, migrations } from './migrations.ts';
import { typeormLogger } from './typeorm-logger.ts';

/** Any number; who migrates a database holds it. */
const MIGRATION_LOCK = 5_406_210_311;

/**
 * Runs the migrations that this database lacks, each in a transaction of its own; a second process that comes at the same
 * moment waits. Returns the names of those it ran. Throws an AppError DATABASE_UNAVAILABLE or MIGRATION_FAILED.
 */
export async function migrate(url: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: url, application_name: 'migrate' });
  lock.on('error', () => {});
  try {
    await lock.connect();
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await runMigrations(url);
  } catch (error) {
    throw databaseFailure(error);
  } finally {
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
