import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { startRun } from '../../src/runner/start-run.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { somebody, unit } from './small-directory.ts';

let slapd: Slapd;
let syncing: LoneSyncing;
const inTheWay: PoolClient[] = [];

beforeAll(async () => {
  slapd = await startSlapd({ entries: [unit, somebody('ada')] });
  syncing = await createSyncing();
});
afterAll(async () => {
  for (const client of inTheWay) client.release(true);
  await syncing?.close();
  await slapd?.close();
});

/** Holds a lock until the end of its transaction. */
async function hold(sql: string): Promise<PoolClient> {
  const client = await syncing.pool.connect();
  inTheWay.push(client);
  await client.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; ${sql}`);
  return client;
}

/** Waits until a statement with this text waits for a lock. */
async function waiting(text: string): Promise<void> {
  const sql = `SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`;
  while ((await syncing.pool.query(sql, [text])).rowCount === 0) await new Promise((resolve) => setImmediate(resolve));
}

test('a run that ends and a start of the same connection do not wait for each other', async () => {
  const connection = await syncing.createConnection(slapd);
  const runId = await syncing.start(connection);
  const noContacts = await hold('LOCK TABLE contact IN SHARE MODE');
  const running = syncing.carryOut(runId);
  await waiting('contact');
  const start = await hold(`SELECT FROM connection WHERE id = '${connection}' FOR SHARE`);
  await noContacts.query('COMMIT');
  await waiting('connection');
  const request = { mode: 'AUTO', dryRun: false, review: false, by: anna } as const;
  const outcome = await startRun(syncing.runStore, syncing.workspaceId, connection, request);
  await start.query('COMMIT');
  expect(outcome).toMatchObject({ kind: 'started', alreadyRunning: true, run: { id: runId } });
  expect(await running).toMatchObject({ status: 'SUCCEEDED', counts: { created: 1 } });
});
