import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createIssuer, environment } from './support/api.ts';
import { createDatabase, type TestDatabase } from './support/postgres.ts';

/** As built by the scripts before the tests. */
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

test('a configuration with faults ends with 78 and a line for each', async () => {
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
])('%s ends with 78, and what to do is said', async (_name, env, says, advice) => {
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

test('migrating needs the database alone', async () => {
  const { child, exited } = start({ DATABASE_URL: database.url }, 'migrate');
  expect(await logLine(child, 'migrated')).toMatchObject({ migrations: [] });
  expect(await exited).toBe(0);
});

test('a database that can not be reached is said, and the password is not', async () => {
  const { child, exited } = start(environment('postgres://somebody:hush-hush@127.0.0.1:1/x', issuer.path));
  const said = await logLine(child, 'could not start');
  expect(JSON.stringify(said)).not.toContain('hush-hush');
  expect(await exited).toBe(1);
});
