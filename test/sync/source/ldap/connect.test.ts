import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../src/core/app-error.ts';
import type { AddressPolicy } from '../../../../src/core/source-session.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { sources } from '../../../../src/sync/source/sources.ts';
import { makeCertificate } from '../../../support/ldap-certificates.ts';
import { startFakeServer } from '../../../support/ldap-fake-server.ts';
import { people } from '../../../support/ldap-people.ts';
import { ldapSettings, openOptions, readEverybody } from '../../../support/ldap-reading.ts';
import { freePort } from '../../../support/server-process.ts';
import { type Slapd, startSlapd } from '../../../support/slapd.ts';

let slapd: Slapd;

beforeAll(async () => {
  slapd = await startSlapd({ entries: people(3) });
});
afterAll(() => slapd.close());

/** The error when a session is opened with these settings. */
async function failure(
  changes: Partial<LdapSettings>,
  password: string | null = slapd.bindPassword,
  addresses?: AddressPolicy,
): Promise<AppError> {
  const options = { ...openOptions(), ...(addresses === undefined ? {} : { addresses }) };
  try {
    const session = await sources.LDAP.open(ldapSettings(slapd, changes), { bindPassword: password }, options);
    await session.close();
  } catch (error) {
    if (error instanceof AppError) {
      expect(error.hint).toEqual(expect.any(String));
      if (password !== null && password !== '')
        expect(JSON.stringify([error.message, error.hint, String(error.cause), error.stack])).not.toContain(password);
      return error;
    }
    throw error;
  }
  throw new Error('it was opened');
}

const people3 = async (changes: Partial<LdapSettings>): Promise<number> =>
  (await readEverybody(ldapSettings(slapd, changes), { password: slapd.bindPassword })).entries.length;

describe('signing in', () => {
  test('a wrong password is BIND_REFUSED', async () => {
    expect(await failure({}, 'wrong-one')).toMatchObject({
      code: 'BIND_REFUSED',
      message: expect.stringContaining('cn=reader'),
    });
  });

  test('an unknown account is BIND_REFUSED', async () => {
    expect(await failure({ bindDn: 'cn=nobody,dc=example,dc=org' })).toMatchObject({ code: 'BIND_REFUSED' });
  });

  test('an account without a password is BIND_REFUSED, and never signs in anonymously', async () => {
    expect(await failure({}, null)).toMatchObject({ code: 'BIND_REFUSED' });
    expect(await failure({}, '')).toMatchObject({ code: 'BIND_REFUSED' });
  });

  test.each([
    ['525', 'no such account', 'Check bindDn:'],
    ['52e', 'password is wrong', 'Check bindDn and bindPassword.'],
    ['530', 'this time of day', 'logon hours'],
    ['531', 'from this computer', 'Log On To'],
    ['532', 'has expired', 'new password'],
    ['533', 'is disabled', 'Enable the account'],
    ['701', 'account has expired', 'expires'],
    ['773', 'must be changed', 'must change password at next logon'],
    ['775', 'is locked', 'Unlock the account'],
  ])("Active Directory's %s is explained, with advice", async (code, words, advice) => {
    const message = `80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data ${code}, v4563`;
    const server = await startFakeServer({ bind: { code: 49, message }, search: () => [] });
    try {
      expect(await failure({ urls: [server.url] })).toMatchObject({
        code: 'BIND_REFUSED',
        message: expect.stringContaining(words),
        hint: expect.stringContaining(advice),
      });
    } finally {
      await server.close();
    }
  });

  test('a server that repeats the password does not bring it into the error', async () => {
    const server = await startFakeServer({
      bind: { code: 49, message: `bad password ${slapd.bindPassword}!` },
      search: () => [],
    });
    try {
      expect(await failure({ urls: [server.url] })).toMatchObject({ code: 'BIND_REFUSED' });
    } finally {
      await server.close();
    }
  });

  test('a refused bind is not tried at the next URL', async () => {
    const second = await startFakeServer({ search: () => [] });
    try {
      expect(await failure({ urls: [slapd.url, second.url] }, 'wrong-one')).toMatchObject({ code: 'BIND_REFUSED' });
      expect(second.searches).toEqual([]);
    } finally {
      await second.close();
    }
  });
});

describe('reaching the server', () => {
  test('an unknown host is UNREACHABLE', async () => {
    expect(await failure({ urls: ['ldap://no-such-host.invalid'] })).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('no-such-host.invalid'),
    });
  });

  test('a closed port is UNREACHABLE', async () => {
    const url = `ldap://127.0.0.1:${await freePort()}`;
    expect(await failure({ urls: [url] })).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('nothing listens'),
    });
  });

  test('a server that closes the connection at once is UNREACHABLE', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await failure({ urls: [`ldap://127.0.0.1:${port}`] })).toMatchObject({ code: 'UNREACHABLE' });
    server.close();
  });

  test('a server that never answers is TIMEOUT', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await failure({ urls: [`ldap://127.0.0.1:${port}`], timeoutSeconds: 1 })).toMatchObject({ code: 'TIMEOUT' });
    expect(await failure({ urls: [`ldaps://127.0.0.1:${port}`], timeoutSeconds: 1 })).toMatchObject({
      code: 'TIMEOUT',
    });
    server.close();
  });

  test('something that is not LDAP is INVALID_RESPONSE', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await failure({ urls: [`ldap://127.0.0.1:${port}`] })).toMatchObject({ code: 'INVALID_RESPONSE' });
    server.close();
  });

  test('the next URL is used when one is unreachable, and a note says so', async () => {
    const dead = `ldap://127.0.0.1:${await freePort()}`;
    const { session, entries } = await readEverybody(ldapSettings(slapd, { urls: [dead, slapd.url] }), {
      password: slapd.bindPassword,
    });
    expect(entries).toHaveLength(3);
    expect(session.notes).toEqual([{ level: 'WARN', code: 'URL_UNREACHABLE', message: expect.stringContaining(dead) }]);
    expect(session.server).toBe(`${slapd.url} (OpenLDAP)`);
  });

  test('a private address is ADDRESS_NOT_ALLOWED, and the hint names the setting', async () => {
    const error = await failure({}, slapd.bindPassword, { allowPrivate: false, cidrs: ['10.0.0.0/8'] });
    expect(error).toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
      hint: expect.stringContaining('ALLOW_PRIVATE_SOURCES'),
    });
  });

  test('a name that leads to a private address is ADDRESS_NOT_ALLOWED, and its address is not shown', async () => {
    const error = await failure({ urls: [`ldap://localhost:${slapd.port}`] }, slapd.bindPassword, {
      allowPrivate: false,
      cidrs: [],
    });
    expect(error).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED', message: expect.stringContaining(' localhost ') });
    expect(JSON.stringify([error.message, error.hint, String(error.cause), error.details])).not.toMatch(/127\.0|::1/);
  });

  test('cloud metadata is ADDRESS_NOT_ALLOWED even where private addresses are allowed', async () => {
    expect(await failure({ urls: ['ldap://169.254.169.254'] })).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
  });

  test('waiting for a dead server ends when it is aborted', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const url of [`ldap://127.0.0.1:${port}`, `ldaps://127.0.0.1:${port}`]) {
      const abort = new AbortController();
      const opening = sources.LDAP.open(
        ldapSettings(slapd, { urls: [url], timeoutSeconds: 3600 }),
        { bindPassword: 'x' },
        openOptions(abort.signal),
      );
      server.once('connection', () => abort.abort(new Error('enough')));
      await expect(opening).rejects.toThrow('enough');
    }
    server.close();
  });
});

describe('TLS', () => {
  test('ldaps:// and StartTLS work with an own CA', async () => {
    expect(await people3({ urls: [slapd.ldapsUrl], tlsCa: slapd.ca })).toBe(3);
    expect(await people3({ startTls: true, tlsCa: slapd.ca })).toBe(3);
    expect(await people3({ urls: [`ldaps://localhost:${slapd.ldapsPort}`], tlsCa: slapd.ca })).toBe(3);
  });

  test('a foreign CA is TLS_FAILED', async () => {
    const foreign = makeCertificate({ commonName: 'Foreign CA' }).cert;
    for (const changes of [{ urls: [slapd.ldapsUrl] }, { startTls: true }, { startTls: true, tlsCa: foreign }]) {
      expect(await failure(changes)).toMatchObject({
        code: 'TLS_FAILED',
        message: expect.stringContaining('not trusted'),
        hint: expect.stringContaining('tlsCa'),
      });
    }
  });

  test('without checking, a foreign CA is accepted', async () => {
    expect(await people3({ urls: [slapd.ldapsUrl], tlsVerify: false })).toBe(3);
  });

  test.each([
    ['an expired certificate', { notAfter: new Date(Date.now() - 1000) }, 'has expired'],
    ['a certificate of the future', { notBefore: new Date(Date.now() + 3_600_000) }, 'not valid yet'],
    ['a certificate for another name', { hosts: ['ldap.other.example'] }, 'ldap.other.example'],
  ])('%s is TLS_FAILED, with the reason', async (_name, changes, words) => {
    const authority = makeCertificate({ commonName: 'CA' });
    const certificate = makeCertificate({ commonName: 'server', hosts: ['127.0.0.1'], issuer: authority, ...changes });
    await using server = await startSlapd({ certificate, ca: authority.cert });
    for (const urls of [{ urls: [server.ldapsUrl] }, { urls: [server.url], startTls: true }]) {
      expect(await failure({ ...urls, tlsCa: server.ca })).toMatchObject({
        code: 'TLS_FAILED',
        message: expect.stringContaining(words),
      });
    }
  });

  test('a port without TLS is TLS_FAILED', async () => {
    expect(await failure({ urls: [`ldaps://127.0.0.1:${slapd.port}`] })).toMatchObject({ code: 'TLS_FAILED' });
  });

  test('a server without StartTLS is TLS_FAILED, and the password is not sent', async () => {
    const server = await startFakeServer({ whoAmI: () => 2, search: () => [] });
    try {
      expect(await failure({ urls: [server.url], startTls: true })).toMatchObject({
        code: 'TLS_FAILED',
        message: expect.stringContaining('refuses StartTLS'),
      });
    } finally {
      await server.close();
    }
  });
});

describe('base DNs', () => {
  test('an unknown one is BASE_DN_NOT_FOUND, with the existing ones', async () => {
    const error = await failure({ baseDns: ['ou=people,dc=example,dc=org', 'ou=nowhere,dc=example,dc=org'] });
    expect(error).toMatchObject({ code: 'BASE_DN_NOT_FOUND', message: expect.stringContaining('ou=nowhere') });
    expect(error.hint).toContain('"dc=example,dc=org"');
  });

  test('one that the server refers elsewhere is BASE_DN_NOT_FOUND', async () => {
    const { done } = await import('../../../support/ldap-fake-server.ts');
    const server = await startFakeServer({
      base: ({ id }) => [done(id, { code: 10, referrals: ['ldap://dc2.example.org'] })],
      search: () => [],
    });
    try {
      expect(await failure({ urls: [server.url] })).toMatchObject({
        code: 'BASE_DN_NOT_FOUND',
        message: expect.stringContaining('ldap://dc2.example.org'),
      });
    } finally {
      await server.close();
    }
  });
});
