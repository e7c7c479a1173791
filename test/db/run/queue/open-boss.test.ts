import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { openBoss, runQueueName } from '../../../../src/db/run/queue/open-boss.ts';
import { createDatabase, type TestDatabase } from '../../../support/postgres.ts';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  pool.on('error', () => {});
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

test('several processes open the queue of a new database at once', async () => {
  const troubles: Error[] = [];
  const opened = await Promise.allSettled(
    [1, 2, 3, 4].map(() => openBoss(database.url, (error) => troubles.push(error))),
  );
  for (const result of opened) if (result.status === 'fulfilled') await result.value.stop({ graceful: false });
  expect(opened.map((result) => (result.status === 'rejected' ? result.reason : 'opened'))).toEqual(
    Array(4).fill('opened'),
  );
  expect(troubles).toEqual([]);
  const { rows } = await pool.query(`SELECT name, retry_limit, heartbeat_seconds, expire_seconds FROM pgboss.queue`);
  expect(rows).toContainEqual({ name: runQueueName, retry_limit: 0, heartbeat_seconds: 10, expire_seconds: 86_400 });
});
