import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConnectionTest } from '../../../../src/core/source-session.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { sources } from '../../../../src/sync/source/sources.ts';
import { makeCertificate } from '../../../support/ldap-certificates.ts';
import { done, entry, type FakeOptions, startFakeServer } from '../../../support/ldap-fake-server.ts';
import { people } from '../../../support/ldap-people.ts';
import { ldapSettings, openOptions } from '../../../support/ldap-reading.ts';
import { freePort } from '../../../support/server-process.ts';
import { type Slapd, startSlapd } from '../../../support/slapd.ts';

let slapd: Slapd;

beforeAll(async () => {
  slapd = await startSlapd({ entries: people(3) });
});
afterAll(() => slapd.close());

const tested = (changes: Partial<LdapSettings> = {}, password = slapd.bindPassword): Promise<ConnectionTest> =>
  sources.LDAP.test(ldapSettings(slapd, changes), { bindPassword: password }, openOptions());

/** The checks of a directory that a run could read, after the others. */
const further = ['Clock', 'Limits', 'Attributes', 'Changes', 'Entries', 'Emails', 'Fields'];
const skipped = (...names: string[]): string[] => names.map((name) => `${name} SKIPPED`);

const statuses = ({ checks }: ConnectionTest): string[] => checks.map(({ name, status }) => `${name} ${status}`);

test('a good connection has every check OK', async () => {
  const result = await tested({ urls: [slapd.ldapsUrl], tlsCa: slapd.ca });
  expect(result).toMatchObject({
    ok: true,
    code: null,
    hint: null,
    server: `${slapd.ldapsUrl} (OpenLDAP)`,
    latencyMs: expect.any(Number),
  });
  expect(statuses(result)).toEqual([
    'Reach OK',
    'TLS OK',
    'Encryption OK',
    'Sign-in OK',
    'Server OK',
    'Paging OK',
    'Base DN OK',
    'People OK',
    'Clock SKIPPED',
    'Limits OK',
    'Limits OK',
    'Attributes OK',
    'Attributes OK',
    'Attributes OK',
    'Changes OK',
    'Entries OK',
    'Emails OK',
    'Fields OK',
  ]);
  expect(result.checks[1]?.detail).toMatch(/good for 36\d more days/);
  expect(result.checks[7]?.detail).toContain('entryUUID');
});

describe('doubtful results are warnings', () => {
  test('no encryption', async () => {
    const result = await tested();
    expect(result.ok).toBe(true);
    expect(statuses(result)).toContain('TLS WARN');
  });

  test('an unreachable first URL', async () => {
    const result = await tested({ urls: [`ldap://127.0.0.1:${await freePort()}`, slapd.url] });
    expect(statuses(result).slice(0, 2)).toEqual(['Reach WARN', 'Reach OK']);
  });

  test('a certificate that expires soon', async () => {
    const authority = makeCertificate({ commonName: 'CA' });
    const notAfter = new Date(Date.now() + 5.5 * 86_400_000);
    const certificate = makeCertificate({ commonName: 'server', hosts: ['127.0.0.1'], issuer: authority, notAfter });
    await using server = await startSlapd({ certificate, ca: authority.cert });
    const result = await tested({ urls: [server.ldapsUrl], tlsCa: server.ca });
    expect(result.checks.find(({ name }) => name === 'TLS')).toMatchObject({
      status: 'WARN',
      detail: 'The certificate ends in 5 days.',
    });
  });

  test('a base without people', async () => {
    const result = await tested({ baseDns: [slapd.bindDn] });
    expect(statuses(result)).toContain('People WARN');
  });
});

describe('a failure is reported at its step, and the rest is skipped', () => {
  test.each<[string, () => Promise<ConnectionTest>, string, string[]]>([
    [
      'a wrong password',
      () => tested({}, 'wrong-one'),
      'BIND_REFUSED',
      [
        'Reach OK',
        'TLS WARN',
        ...skipped('Encryption'),
        'Sign-in FAIL',
        ...skipped('Server', 'Paging', 'Base DN', 'People'),
      ],
    ],
    [
      'a closed port',
      async () => tested({ urls: [`ldap://127.0.0.1:${await freePort()}`] }),
      'UNREACHABLE',
      [
        'Reach FAIL',
        'TLS SKIPPED',
        'Encryption SKIPPED',
        'Sign-in SKIPPED',
        'Server SKIPPED',
        'Paging SKIPPED',
        'Base DN SKIPPED',
        'People SKIPPED',
      ],
    ],
    [
      'a foreign CA',
      () => tested({ startTls: true }),
      'TLS_FAILED',
      [
        'Reach OK',
        'TLS FAIL',
        'Encryption SKIPPED',
        'Sign-in SKIPPED',
        'Server SKIPPED',
        'Paging SKIPPED',
        'Base DN SKIPPED',
        'People SKIPPED',
      ],
    ],
    [
      'an unknown base DN',
      () => tested({ baseDns: ['dc=nowhere'] }),
      'BASE_DN_NOT_FOUND',
      [
        'Reach OK',
        'TLS WARN',
        'Encryption SKIPPED',
        'Sign-in OK',
        'Server OK',
        'Paging OK',
        'Base DN FAIL',
        'People SKIPPED',
      ],
    ],
    [
      'an id attribute that nobody has',
      () => tested({ idAttribute: 'carLicense' }),
      'ID_ATTRIBUTE_UNREADABLE',
      [
        'Reach OK',
        'TLS WARN',
        'Encryption SKIPPED',
        'Sign-in OK',
        'Server OK',
        'Paging OK',
        'Base DN OK',
        'People FAIL',
      ],
    ],
  ])('%s', async (_name, run, code, expected) => {
    const result = await run();
    expect(result).toMatchObject({ ok: false, code, hint: expect.any(String) });
    expect(statuses(result)).toEqual([...expected, ...skipped(...further)]);
  });

  const ok = ['Reach OK', 'TLS WARN', 'Encryption SKIPPED', 'Sign-in OK', 'Server OK', 'Paging OK'];
  const noAccount = { bindDn: null };
  test.each<[string, FakeOptions, Partial<LdapSettings>, string, string[]]>([
    [
      'a base that the account may not search',
      { base: ({ id }) => [done(id, { code: 50 })], search: () => [] },
      {},
      'INCOMPLETE_READ',
      [...ok, 'Base DN FAIL', 'People SKIPPED'],
    ],
    [
      'people whom the account may not search',
      { search: ({ id }) => [done(id, { code: 50 })] },
      {},
      'INCOMPLETE_READ',
      [...ok, 'Base DN OK', 'People FAIL'],
    ],
    [
      'paging that the account may not use',
      { search: ({ id }) => [done(id, { code: 12 })] },
      {},
      'PAGING_REFUSED',
      [
        'Reach OK',
        'TLS WARN',
        'Encryption SKIPPED',
        'Sign-in OK',
        'Server OK',
        'Paging FAIL',
        'Base DN OK',
        'People SKIPPED',
      ],
    ],
    [
      'a server that answers only to those who have signed in',
      {
        base: ({ id }) => [done(id, { code: 1, message: '00002020: Operation unavailable without authentication' })],
        search: () => [],
      },
      noAccount,
      'BIND_REFUSED',
      [
        'Reach OK',
        'TLS WARN',
        'Encryption SKIPPED',
        'Sign-in FAIL',
        'Server OK',
        'Paging OK',
        'Base DN SKIPPED',
        'People SKIPPED',
      ],
    ],
    [
      'the second of two bases',
      {
        base: ({ id, baseDn }) => (baseDn === 'dc=a' ? [entry(id, baseDn, {}), done(id)] : [done(id, { code: 32 })]),
        search: () => [],
      },
      { baseDns: ['dc=a', 'dc=b'] },
      'BASE_DN_NOT_FOUND',
      [...ok, 'Base DN OK', 'Base DN FAIL', 'People SKIPPED'],
    ],
  ])('%s', async (_name, options, changes, code, expected) => {
    const server = await startFakeServer(options);
    const result = await tested({ urls: [server.url], ...changes });
    await server.close();
    expect(result).toMatchObject({ ok: false, code });
    expect(statuses(result)).toEqual([...expected, ...skipped(...further)]);
    expect(result.checks.find(({ status }) => status === 'FAIL')?.advice).toBe(result.hint);
  });

  test('without an account, the advice is to give one', async () => {
    for (const code of [1, 8, 32, 48, 50]) {
      const message = code === 1 ? 'In order to perform this operation a successful bind must be completed' : '';
      const server = await startFakeServer({ base: ({ id }) => [done(id, { code, message })], search: () => [] });
      expect((await tested({ urls: [server.url], bindDn: '' })).hint).toMatch(/set bindDn and bindPassword/i);
      expect((await tested({ urls: [server.url] })).hint).not.toMatch(/set bindDn/i);
      await server.close();
    }
    const empty = await startFakeServer({
      base: ({ id }) => [done(id)],
      search: ({ id }) => [done(id, { cookie: '' })],
    });
    const { checks } = await tested({ urls: [empty.url], bindDn: null });
    await empty.close();
    for (const name of ['Sign-in', 'Base DN', 'People']) {
      expect(checks.find((check) => check.name === name)).toMatchObject({
        status: 'WARN',
        advice: expect.stringMatching(/set bindDn and bindPassword/i),
      });
    }
  });

  test("each URL that can't be reached gets one warning, and the last one decides", async () => {
    const hangsUp = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(hangsUp, 'listening');
    const ports = [await freePort(), (hangsUp.address() as AddressInfo).port, await freePort()];
    const result = await tested({ urls: ports.map((port) => `ldap://127.0.0.1:${port}`) });
    hangsUp.close();
    expect(result).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining(`:${ports[2]} `) });
    expect(result.checks.slice(0, 4)).toMatchObject([
      { name: 'Reach', status: 'WARN', detail: expect.stringContaining(`:${ports[0]} `) },
      { name: 'Reach', status: 'WARN', detail: expect.stringContaining(`:${ports[1]} `) },
      { name: 'Reach', status: 'FAIL', detail: expect.stringContaining(`:${ports[2]} `) },
      { name: 'TLS', status: 'SKIPPED' },
    ]);
  });
});
