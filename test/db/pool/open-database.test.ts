import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { openDatabase } from '../../../src/db/pool/open-database.ts';
import { openBoss } from '../../../src/db/run/queue/open-boss.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

let at: TestDatabase;

beforeAll(async () => {
  at = await createDatabase();
});

afterAll(() => at?.close());

describe('opening the database', () => {
  test('gives the API its role and the sync path the owner’s', async () => {
    const database = await openDatabase({ url: at.url });
    expect(await database.apiSource.query('SELECT current_user AS role')).toEqual([{ role: 'kdesk_contact_sync_api' }]);
    expect((await database.syncPool.query('SELECT current_user AS role')).rows).toEqual([
      { role: 'kdesk_contact_sync' },
    ]);
    await database.close();
  });

  test('has enough connections for all waiting batches of its runs, for the batches they wait for, and more', async () => {
    const concurrentRuns = 5;
    const { syncPool, close } = await openDatabase({ url: at.url, concurrentRuns });
    const clients = await Promise.all(Array.from({ length: 2 * concurrentRuns + 3 }, () => syncPool.connect()));
    for (const client of clients) client.release();
    await close();
  });

  test('is refused when options in the URL replace the role', async () => {
    const url = new URL(at.url);
    url.searchParams.set('options', '-c statement_timeout=1000');
    await expect(openDatabase({ url: url.href })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      hint: expect.stringContaining('options'),
    });
  });

  test('fails as DATABASE_UNAVAILABLE, without the password, when nobody listens', async () => {
    const url = new URL(at.url);
    url.port = '1';
    url.password = 'not-the-password';
    const error = await openDatabase({ url: url.href }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(JSON.stringify(error) + String(error)).not.toContain('not-the-password');
  });

  test('outlives the loss of connections that change hands, including those of the queue', async () => {
    const database = await openDatabase({ url: at.url });
    const boss = await openBoss(at.url, () => {});
    const pools = [database.syncPool, (database.apiSource.driver as unknown as { master: pg.Pool }).master];
    pools.push((boss.getDb() as unknown as { pool: pg.Pool }).pool);
    const heard: boolean[] = [];
    for (const pool of pools) {
      // While the connection changes hands, only hearErrors listens.
      const client = await pool.connect();
      heard.push(client.listenerCount('error') > 0);
      client.release(true);
    }
    await boss.stop({ graceful: false });
    await database.close();
    expect(heard).toEqual([true, true, true]);
  });

  test('outlives the loss of its connections, idle and in use', async () => {
    const lost: Error[] = [];
    const told = Promise.withResolvers<void>();
    const database = await openDatabase({
      url: at.url,
      onTrouble: (error) => {
        if (lost.push(error) === 2) told.resolve();
      },
    });
    await Promise.all([database.apiSource.query('SELECT 1'), database.syncPool.query('SELECT 1')]);
    const inUse = await database.syncPool.connect();
    const { rows } = await inUse.query('SELECT pg_backend_pid() AS pid');
    const idle = await database.syncPool.query('SELECT 1');
    expect(idle.rowCount).toBe(1);
    const other = await openDatabase({ url: at.url });
    await other.syncPool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL ($1)',
      [(await other.apiSource.query('SELECT pg_backend_pid() AS pid')).map((row: { pid: number }) => row.pid)],
    );
    await told.promise;
    await expect(inUse.query('SELECT 1')).rejects.toThrow();
    inUse.release(true);
    expect(rows).toHaveLength(1);
    expect(await database.apiSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await database.syncPool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await Promise.all([database.close(), other.close()]);
  });
});
