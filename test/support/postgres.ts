import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded/start-embedded-postgres.ts';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { openBoss } from '../../src/db/run/queue/open-boss.ts';

export type TestDatabase = {
  /** The URL of a new database, migrated and empty. Its login owns the tables. */
  url: string;
  /** The URL of the same database, with the login of the API's pool, which owns nothing. */
  apiUrl: string;
  /** Drops the database, even while clients are connected. */
  close(): Promise<void>;
};

const TEMPLATE = 'migrated_template';
const TEMPLATE_LOCK = 1;

/**
 * Tests need no durability, so it is off. Autovacuum is off because an owner can't drop a database while it works
 * there.
 */
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' };

/**
 * A database for one test file, cloned from a migrated template. All files of a jest run share one server: the first
 * file that asks starts it, and the last one that closes stops it (see global-setup.mjs).
 */
export async function createDatabase(): Promise<TestDatabase> {
  const server = await startServer();
  try {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    const login = { name: `${name}_api`, password: randomUUID() };
    await asOwner(server.url, async (client) => {
      await makeTemplate(client, server.url);
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
      await client.query(`CREATE ROLE ${login.name} LOGIN PASSWORD '${login.password}'`);
      // With this grant the owner can see the login's sessions, and end those that are left.
      await client.query(`GRANT ${login.name} TO CURRENT_USER`);
    });
    const close = async () => {
      await asOwner(server.url, async (client) => {
        await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
        await client.query(`DROP ROLE ${login.name}`);
      });
      await server.close();
    };
    return { url: databaseUrl(server.url, name), apiUrl: databaseUrl(server.url, name, login), close };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/**
 * Waits until the change feed may show everything that is committed now. Any open transaction on the server delays it,
 * even one of another test file.
 */
export function feedSettled(url: string): Promise<void> {
  return asOwner(url, async (client) => {
    const { rows } = await client.query('SELECT pg_current_xact_id()::text AS until');
    const open = 'SELECT pg_snapshot_xmin(pg_current_snapshot()) <= $1::xid8 AS open';
    while ((await client.query(open, [rows[0].until])).rows[0].open) await setImmediate();
  });
}

/** TEST_DATABASE_URL names another server to test with. Its login needs CREATEDB and CREATEROLE. */
async function startServer(): Promise<{ url: string; close: () => Promise<void> }> {
  const { TEST_DATABASE_URL: url, TEST_POSTGRES_DIR: dataDir } = process.env;
  if (url !== undefined) return { url, close: async () => {} };
  if (dataDir === undefined) throw new Error('TEST_POSTGRES_DIR is not set: run the tests by jest, which sets it.');
  return startEmbeddedPostgres({ dataDir, settings });
}

/**
 * Creates the template under another name and then renames it, so it is complete or absent. Files that need it at the
 * same moment wait until one of them has made it.
 */
async function makeTemplate(client: pg.Client, url: string): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [TEMPLATE]);
  if (rowCount === 0) {
    await client.query('DROP DATABASE IF EXISTS template_in_work');
    await client.query('CREATE DATABASE template_in_work');
    await migrate(databaseUrl(url, 'template_in_work'));
    // The template contains the queue's tables, so no file has to make them.
    const boss = await openBoss(databaseUrl(url, 'template_in_work'), () => {});
    await boss.stop({ graceful: false });
    await client.query(`ALTER DATABASE template_in_work RENAME TO ${TEMPLATE}`);
  }
  await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
}

async function asOwner<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(url: string, name: string, login?: { name: string; password: string }): string {
  const changed = new URL(url);
  if (login !== undefined) [changed.username, changed.password] = [login.name, login.password];
  changed.pathname = `/${name}`;
  return changed.href;
}
