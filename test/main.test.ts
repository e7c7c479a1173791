import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createIssuer, environment } from './support/api.ts';
import { createDatabase, type TestDatabase } from './support/postgres.ts';

/** The scripts have built it before the tests. */
const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

let database: TestDatabase;
let issuer: Awaited<ReturnType<typeof createIssuer>>;
let running: ChildProcess | undefined;

beforeAll(async () => {
  [database, issuer] = await Promise.all([createDatabase(), createIssuer()]);
});
afterAll(() => Promise.all([database.close(), issuer.close()]));
afterEach(() => {
  running?.kill('SIGKILL');
});

const start = (env: Record<string, string>, ...args: string[]) => {
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  return { child, exited: once(child, 'exit').then(([code]) => code) };
};

/** The first line of the process log with this message. */
async function logLine(child: ChildProcess, message: string): Promise<Record<string, unknown>> {
  if (child.stdout === null) throw new Error('Standard output is not read.');
  for await (const line of createInterface({ input: child.stdout })) {
    const parsed = JSON.parse(line);
    if (parsed.msg === message) return parsed;
  }
  throw new Error(`It ended without saying ${message}.`);
}

test('a configuration with faults ends with 78 and one line for each fault', async () => {
  const { child, exited } = start({ PORT: 'x', ROLE: 'both' });
  let text = '';
  child.stderr?.on('data', (data) => {
    text += data;
  });
  expect(await exited).toBe(78);
  const named = text
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0]);
  expect(named.toSorted()).toEqual(['AUTH_AUDIENCE', 'AUTH_ISSUER', 'AUTH_JWKS', 'PORT', 'ROLE', 'SECRETS_KEY']);
});

describe.each(['SIGTERM', 'SIGINT'] as const)('the service', (signal) => {
  test(`says where it listens, whatever the log level, and ends with 0 at ${signal}`, async () => {
    const { child, exited } = start(environment(database.url, issuer.path, { LOG_LEVEL: 'error' }));
    const { url } = await logLine(child, 'listening');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    child.kill(signal);
    expect(await exited).toBe(0);
  });
});

test('a worker alone says that it is working', async () => {
  const { child, exited } = start(environment(database.url, issuer.path, { ROLE: 'worker' }));
  expect(await logLine(child, 'working')).not.toHaveProperty('url');
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
});

test.each([
  ['a port that is taken', {}, 'another program', 'set PORT'],
  ['a host that is not here', { HOST: '192.0.2.1' }, 'no address of this machine', 'Set HOST'],
])('%s ends with 78, and says what to do', async (_name, env, says, advice) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const PORT = String((taken.address() as AddressInfo).port);
  const { child, exited } = start(environment(database.url, issuer.path, { PORT, ...env }));
  expect(await logLine(child, 'could not start')).toMatchObject({
    err: { code: 'CANNOT_LISTEN', message: expect.stringContaining(says) },
    hint: expect.stringContaining(advice),
  });
  expect(await exited).toBe(78);
  taken.close();
});

test('migrating needs only the database', async () => {
  const { child, exited } = start({ DATABASE_URL: database.url }, 'migrate');
  expect(await logLine(child, 'migrated')).toMatchObject({ migrations: [] });
  expect(await exited).toBe(0);
});

test('an unreachable database is reported without the password', async () => {
  const { child, exited } = start(environment('postgres://somebody:hush-hush@127.0.0.1:1/x', issuer.path));
  const said = await logLine(child, 'could not start');
  expect(JSON.stringify(said)).not.toContain('hush-hush');
  expect(await exited).toBe(1);
});

/** The lines on standard error of a start that fails. */
async function failure(url: string): Promise<string[]> {
  const { child, exited } = start(environment(url, issuer.path));
  let said = '';
  child.stderr?.on('data', (data) => {
    said += data;
  });
  child.stdout?.resume();
  expect(await exited).toBe(1);
  return said.trim().split('\n');
}

const changed = (parts: Partial<URL>): string => Object.assign(new URL(database.url), parts).href;

test.each<[string, Partial<URL>, RegExp, RegExp]>([
  ['a wrong password', { password: 'guess' }, /refuses the login/, /user and the password/],
  ['a database that is not there', { pathname: '/nowhere' }, /is not there/, /CREATE DATABASE/],
  ['a port that nobody listens on', { port: '1' }, /Nothing listens/, /host and the port/],
  ['a host of no such name', { hostname: 'no.such.invalid' }, /host/, /host and the port/],
])('%s is reported in plain lines: what, why, what to do', async (_what, change, why, advice) => {
  const lines = await failure(changed(change));
  expect(lines).toEqual(['Contact Sync could not start.', expect.stringMatching(why), expect.stringMatching(advice)]);
  expect(lines.join()).not.toContain('guess');
});

test('a login that may not use the schema public is told how to get in, and a Postgres that is too old so, too', async () => {
  const name = 'newcomer';
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
  const empty = `empty_${process.pid}`;
  await client.query(`CREATE DATABASE ${empty}`);
  const url = changed({ username: name, password: 'x', pathname: `/${empty}` });
  expect(await failure(url)).toEqual([
    'Contact Sync could not start.',
    expect.stringContaining('permission denied for schema public'),
    expect.stringContaining('GRANT USAGE, CREATE ON SCHEMA public TO'),
  ]);
  await client.query(`ALTER DATABASE ${empty} SET search_path = old, pg_catalog`);
  const inEmpty = new pg.Client({ connectionString: changed({ pathname: `/${empty}` }) });
  await inEmpty.connect();
  await inEmpty.query(`CREATE SCHEMA old`);
  await inEmpty.query(`GRANT USAGE ON SCHEMA old TO ${name}`);
  await inEmpty.query(`CREATE FUNCTION old.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '140011' $$`);
  await inEmpty.end();
  expect(await failure(url)).toEqual([
    'Contact Sync could not start.',
    expect.stringContaining('Postgres 14'),
    expect.stringContaining('15 or newer'),
  ]);
  await client.query(`DROP DATABASE ${empty} WITH (FORCE)`);
  await client.query(`DROP ROLE ${name}`);
  await client.end();
});

test.each([0, 1, 2, 3])(
  'stopping while it starts for the first time is no error, and the next start goes on (%i)',
  async (step) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'first-start-'));
    await chmod(dataDir, 0o755);
    const { DATABASE_URL: _none, ...env } = environment(database.url, issuer.path, { DATA_DIR: dataDir });
    try {
      const { child, exited } = start(env);
      child.stdout?.resume();
      // The start has several steps: at first nothing is there, then a folder in work, then the data, then the running
      // server.
      const there = async (): Promise<boolean> => {
        const names = await readdir(dataDir);
        if (step === 1) return names.some((name) => name.startsWith('postgres-new-'));
        if (step === 2) return names.includes('postgres');
        return step === 0 || existsSync(join(dataDir, 'postgres/data/postmaster.pid'));
      };
      await once(child, 'spawn');
      while (!(await there())) await setImmediate();
      // At step 0 it does not handle signals yet, and there is nothing to clean up.
      child.kill('SIGINT');
      const code = await exited;
      if (step > 0) expect(code).toBe(0);
      expect((await readdir(dataDir)).filter((name) => name.includes('-new-'))).toEqual([]);
      const again = start(env);
      await logLine(again.child, 'listening');
      again.child.kill('SIGTERM');
      expect(await again.exited).toBe(0);
      expect(existsSync(join(dataDir, 'postgres/data/postmaster.pid'))).toBe(false);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
