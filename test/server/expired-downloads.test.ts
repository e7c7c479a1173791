import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { insertRun } from '../db/support/insert-rows.ts';
import { startApi, type TestApi } from '../support/api.ts';

let api: TestApi;
let pool: pg.Pool;
let runId: string;
/** Together more than the system's buffers take. */
const lines = 8000;
const lineLength = 4000;

beforeAll(async () => {
  api = await startApi();
  await api.ask('{ viewer { id } }');
  pool = new pg.Pool({ connectionString: api.databaseUrl });
  runId = await insertRun(pool, api.workspace);
  const values = [api.workspace, runId, lines, lineLength];
  await pool.query(
    `INSERT INTO run_log (workspace_id, run_id, seq, last_seq, at, level, code, message)
     SELECT $1, $2, n, n, now(), 'INFO', 'READING', repeat('x', $4) FROM generate_series(1, $3::int) AS n`,
    values,
  );
  await pool.query(
    `INSERT INTO contact_change (workspace_id, change_set, position, at, action, outcome, contact_name, person, reason)
     SELECT $1, $2, n, now(), 'SKIP', 'SKIPPED', '', n::text, repeat('x', $4) FROM generate_series(1, $3::int) AS n`,
    values,
  );
});
afterAll(async () => {
  await pool?.end();
  await api?.close();
});

/** Asks as an HTTP/1.0 client does. It reads nothing yet. */
async function download(path: string, token: string): Promise<Socket> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${path} HTTP/1.0\r\nauthorization: Bearer ${token}\r\n\r\n`);
  return socket;
}

test('downloads are broken off when their token expires, and their clients see that they are not whole', async () => {
  const expires = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000);
  const permissions = ['CONTACT_SYNC_VIEW', 'CONTACTS_VIEW'];
  const token = await api.keys.sign({ workspace: api.workspace, permissions }, expires);
  const names = ['log.txt', 'changes.csv', 'changes.ndjson'];
  const sockets = await Promise.all(names.map((name) => download(`/runs/${runId}/${name}`, token)));
  const ended = sockets.map(
    (socket) =>
      new Promise((resolve) => {
        socket.once('end', () => resolve('whole'));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      }),
  );
  while ((await api.request('{ viewer { id } }', {}, token)).errors === undefined);
  for (const socket of sockets) socket.resume();
  expect(await Promise.all(ended)).toEqual(names.map(() => 'ECONNRESET'));
  expect(api.logged).toEqual([]);
});
