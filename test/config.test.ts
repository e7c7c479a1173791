import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readConfig, readDatabaseConfig, settingNames } from '../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'contact-sync-config-'));
const jwks = join(folder, 'jwks.json');
writeFileSync(jwks, '{"keys":[]}');
writeFileSync(join(folder, 'other.json'), '[]');
afterAll(() => rmSync(folder, { recursive: true }));

const key = Buffer.alloc(32, 1).toString('base64');
const other = Buffer.alloc(32, 2).toString('base64');
const needed = { AUTH_JWKS: `file:${jwks}`, AUTH_ISSUER: 'issuer', AUTH_AUDIENCE: 'audience', SECRETS_KEY: key };

const config = (env: Record<string, string>) => {
  const outcome = readConfig({ ...needed, ...env });
  if (outcome.kind === 'faults') throw new Error(outcome.faults.join('\n'));
  return outcome.config;
};
const faults = (env: Record<string, string | undefined>) => {
  const outcome = readConfig(env);
  return outcome.kind === 'faults' ? outcome.faults : [];
};

test('what is left out has the default of the contract', () => {
  expect(config({})).toMatchObject({
    databaseUrl: null,
    apiDatabaseUrl: null,
    dataDir: expect.stringMatching(/\/\.data$/),
    host: '127.0.0.1',
    port: 4000,
    role: 'all',
    addresses: { allowPrivate: false, cidrs: [] },
    runConcurrency: 2,
    retention: { logDays: 90, historyDays: 730 },
    logLevel: 'info',
  });
  expect(config({ DATABASE_URL: ' ', PORT: '', ROLE: '' })).toMatchObject({
    databaseUrl: null,
    port: 4000,
    role: 'all',
  });
});

test('all faults are reported at once, one line each with the variable and the accepted values', () => {
  const lines = faults({
    DATABASE_URL: 'mysql://localhost',
    HOST: 'http://localhost',
    PORT: '65536',
    ROLE: 'both',
    AUTH_JWKS: 'file:/nowhere/jwks.json',
    SECRETS_KEY: 'c2hvcnQ=',
    ALLOW_PRIVATE_SOURCES: '10.0.0.0/33',
    RUN_CONCURRENCY: '0',
    RETAIN_LOG_DAYS: '0',
    RETAIN_HISTORY_DAYS: '3651',
    LOG_LEVEL: 'loud',
  });
  expect(lines.map((line) => line.split(' ')[0]).toSorted()).toEqual([
    'ALLOW_PRIVATE_SOURCES',
    'AUTH_AUDIENCE',
    'AUTH_ISSUER',
    'AUTH_JWKS',
    'DATABASE_URL',
    'HOST',
    'LOG_LEVEL',
    'PORT',
    'RETAIN_HISTORY_DAYS',
    'RETAIN_LOG_DAYS',
    'ROLE',
    'RUN_CONCURRENCY',
    'SECRETS_KEY',
  ]);
  for (const line of lines) expect(line).toMatch(/takes /);
});

test('a fault never repeats the value', () => {
  const secret = 'aGVsbG8gd29ybGQ';
  expect(faults({ ...needed, SECRETS_KEY: secret }).join()).not.toContain(secret);
});

describe('AUTH_JWKS', () => {
  test('is a URL or the path of a file with keys', () => {
    expect(config({ AUTH_JWKS: 'https://id.example.org/jwks' }).auth.keys).toEqual({
      kind: 'url',
      url: new URL('https://id.example.org/jwks'),
    });
    expect(config({ AUTH_JWKS: `file:${jwks}` }).auth.keys).toEqual({ kind: 'file', path: jwks });
    expect(config({ AUTH_JWKS: `file://${jwks}` }).auth.keys).toEqual({ kind: 'file', path: jwks });
  });

  test.each(['', 'nonsense', 'ftp://example.org/jwks', `file:${folder}/other.json`, 'https://'])(
    '%j is a fault',
    (value) => {
      expect(faults({ ...needed, AUTH_JWKS: value })).toHaveLength(1);
    },
  );
});

test('SECRETS_KEY takes a list, the newest first', () => {
  const keys = config({ SECRETS_KEY: `${other}, ${key}` }).secretsKeys;
  expect(keys.map((one) => one.toString('base64'))).toEqual([other, key]);
  expect(faults({ ...needed, SECRETS_KEY: `${other},` })).toHaveLength(1);
});

test.each([
  ['true', { allowPrivate: true, cidrs: [] }],
  ['False', { allowPrivate: false, cidrs: [] }],
  ['10.0.0.0/8, fd00::/8,192.168.1.5', { allowPrivate: false, cidrs: ['10.0.0.0/8', 'fd00::/8', '192.168.1.5'] }],
])('ALLOW_PRIVATE_SOURCES takes %s', (value, expected) => {
  expect(config({ ALLOW_PRIVATE_SOURCES: value }).addresses).toEqual(expected);
});

test('the days that logs and history are kept go from 1 to 3650', () => {
  expect(config({ RETAIN_LOG_DAYS: '1', RETAIN_HISTORY_DAYS: '3650' }).retention).toEqual({
    logDays: 1,
    historyDays: 3650,
  });
  for (const value of ['-1', '1.5', '90d', '99999'])
    expect(faults({ ...needed, RETAIN_LOG_DAYS: value, RETAIN_HISTORY_DAYS: value })).toHaveLength(2);
});

test('migrating needs no more than the database', () => {
  expect(readDatabaseConfig({ DATABASE_URL: 'postgres://localhost/x' })).toMatchObject({
    kind: 'config',
    config: { databaseUrl: 'postgres://localhost/x' },
  });
  expect(readDatabaseConfig({ DATABASE_URL: 'nonsense' })).toMatchObject({ kind: 'faults' });
});

test("the API's own login goes with the database that it is for", () => {
  const url = 'postgres://owner@db/contacts';
  const apiUrl = 'postgres://api@db/contacts';
  expect(config({ DATABASE_URL: url, API_DATABASE_URL: apiUrl })).toMatchObject({
    databaseUrl: url,
    apiDatabaseUrl: apiUrl,
  });
  expect(faults({ API_DATABASE_URL: apiUrl }).filter((line) => line.startsWith('API_DATABASE_URL'))).toHaveLength(1);
  expect(faults({ ...needed, API_DATABASE_URL: apiUrl })).toHaveLength(1);
  expect(faults({ ...needed, DATABASE_URL: url, API_DATABASE_URL: 'mysql://db' })).toHaveLength(1);
});

test('an operation’s deadline is a number of seconds', () => {
  expect(config({}).operationTimeoutSeconds).toBe(15);
  expect(config({ OPERATION_TIMEOUT_SECONDS: '30' }).operationTimeoutSeconds).toBe(30);
  for (const value of ['0', '601', '1.5', 'soon', '-1']) {
    expect(faults({ ...needed, OPERATION_TIMEOUT_SECONDS: value })).toHaveLength(1);
  }
});

test('every setting has a row in the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => row.split('|')[1]?.match(/[A-Z_]+/g) ?? []);
  expect(settingNames.filter((name) => !named.includes(name))).toEqual([]);
});
