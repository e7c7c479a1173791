import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openSyncPool } from '../../../src/db/pool/sync-pool.ts';
import { isLost } from '../../../src/db/try-again.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

let at: TestDatabase;
let proxy: FaultProxy;
let url: string;
beforeAll(async () => {
  at = await createDatabase();
  const target = new URL(at.url);
  proxy = await startFaultProxy(Number(target.port));
  target.port = String(proxy.port);
  url = target.href;
});
afterAll(async () => {
  await proxy?.close();
  await at?.close();
});

test('a statement that waits for a host that has vanished fails as lost', async () => {
  const pool = openSyncPool({ url, connections: 1, silence: { silentMs: 50, answerMs: 100 } });
  await pool.query('SELECT 1');
  proxy.fault = { kind: 'silence', afterBytes: 0 };
  const error = await pool.query('SELECT 1').catch((fault: unknown) => fault);
  expect(isLost(error)).toBe(true);
  proxy.fault = { kind: 'none' };
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});

test('so does a statement whose network is broken while the server answers others', async () => {
  const pool = openSyncPool({ url, connections: 1, silence: { silentMs: 50, answerMs: 60_000 } });
  const client = await pool.connect();
  proxy.silence();
  const error = await client.query('SELECT 1').catch((fault: unknown) => fault);
  expect(isLost(error)).toBe(true);
  client.release(true);
  await pool.end();
});

test('a statement that takes long is left alone while the server answers others', async () => {
  const pool = openSyncPool({ url, connections: 1, silence: { silentMs: 20, answerMs: 60_000 } });
  const before = proxy.connections;
  const { rows } = await pool.query('SELECT 1 AS one FROM pg_sleep(1)');
  expect(rows).toEqual([{ one: 1 }]);
  // Another connection has asked the server.
  expect(proxy.connections).toBeGreaterThan(before + 1);
  await pool.end();
});
