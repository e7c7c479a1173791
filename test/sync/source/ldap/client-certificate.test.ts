import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../src/core/app-error.ts';
import type { Secrets } from '../../../../src/core/connection.ts';
import type { ConnectionTest } from '../../../../src/core/source-session.ts';
import { checkSettings } from '../../../../src/sync/source/ldap/check-settings.ts';
import { dialPlain } from '../../../../src/sync/source/ldap/dial-plain.ts';
import { LdapConnection } from '../../../../src/sync/source/ldap/ldap-connection.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { signIn } from '../../../../src/sync/source/ldap/sign-in.ts';
import { alertOf } from '../../../../src/sync/source/net/tls.ts';
import { sources } from '../../../../src/sync/source/sources.ts';
import { makeCertificate } from '../../../support/ldap-certificates.ts';
import { done, type FakeOptions, startFakeServer } from '../../../support/ldap-fake-server.ts';
import { people } from '../../../support/ldap-people.ts';
import { ldapSettings, openOptions, scopeOf } from '../../../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../../../support/slapd.ts';

const authority = makeCertificate({ commonName: 'Client CA' });
const reader = makeCertificate({ commonName: 'reader', issuer: authority });
const day = 86_400_000;
let slapd: Slapd;

beforeAll(async () => {
  slapd = await startSlapd({ entries: people(3), clients: { ca: authority.cert, verify: 'try' } });
});
afterAll(() => slapd?.close());

const settings = (changes: Partial<LdapSettings> = {}): LdapSettings =>
  ldapSettings(slapd, {
    urls: [slapd.ldapsUrl],
    tlsCa: slapd.ca,
    bindDn: null,
    tlsCert: reader.cert,
    ...changes,
  });

/** How many people are seen. */
async function seen(changes: Partial<LdapSettings> = {}, secrets: Secrets = { tlsKey: reader.key }): Promise<number> {
  const session = await sources.LDAP.open(settings(changes), secrets, openOptions());
  let count = 0;
  try {
    const present = (page: readonly unknown[]): number => {
      count += page.length;
      return page.length;
    };
    const request = { attributes: ['cn'], scope: scopeOf(), at: new Date(), since: null };
    await session.read(
      request,
      () => ({
        present,
        unchanged: () => 'wanted',
        missing: () => null,
        othersStay: () => {},
        startOver: () => {},
        gone: () => {},
        end: () => {},
      }),
      new AbortController().signal,
    );
  } finally {
    await session.close();
  }
  return count;
}

/** The error of a read that fails. It must never contain a line of the key. */
async function failure(changes: Partial<LdapSettings>, secrets: Secrets = { tlsKey: reader.key }): Promise<AppError> {
  try {
    await seen(changes, secrets);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const told = JSON.stringify([error.message, error.hint, error.details, String(error.cause), error.stack]);
    for (const line of (secrets.tlsKey ?? '').split('\n').slice(1, -2)) expect(told).not.toContain(line);
    return error;
  }
  throw new Error('it was read');
}

const tested = (
  changes: Partial<LdapSettings> = {},
  secrets: Secrets = { tlsKey: reader.key },
): Promise<ConnectionTest> => sources.LDAP.test(settings(changes), secrets, openOptions());
const check = ({ checks }: ConnectionTest, name: string) => checks.filter((one) => one.name === name);

describe('a client certificate', () => {
  test('signs in over ldaps:// and over StartTLS, as the account that the server maps it to', async () => {
    expect(await seen()).toBe(3);
    expect(await seen({ urls: [slapd.url], startTls: true })).toBe(3);
    const result = await tested();
    expect(result).toMatchObject({ ok: true });
    expect(check(result, 'Sign-in')).toEqual([
      {
        name: 'Sign-in',
        status: 'OK',
        detail: `Signed in with the client certificate of "CN=reader", as "dn:${slapd.bindDn}".`,
        advice: null,
      },
    ]);
  });

  test('is presented in addition to account and password, which sign in then', async () => {
    await using strict = await startSlapd({ entries: people(2), clients: { ca: authority.cert, verify: 'demand' } });
    const account = { urls: [strict.ldapsUrl], tlsCa: strict.ca, bindDn: strict.bindDn };
    const secrets = { tlsKey: reader.key, bindPassword: strict.bindPassword };
    expect(await seen(account, secrets)).toBe(2);
    expect(check(await tested(account, secrets), 'Sign-in')[0]?.detail).toBe(`Signed in as "${strict.bindDn}".`);

    const withoutCertificate = { ...account, tlsCert: null };
    expect(await failure(withoutCertificate, secrets)).toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('tlsCert'),
    });
    const foreign = makeCertificate({ commonName: 'reader', issuer: makeCertificate({ commonName: 'Foreign CA' }) });
    expect(await failure({ ...account, tlsCert: foreign.cert }, { ...secrets, tlsKey: foreign.key })).toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('tlsCert'),
    });
  });

  test('without an account sees what the server shows to anonymous clients', async () => {
    const stranger = makeCertificate({ commonName: 'stranger', issuer: authority });
    expect(await failure({ tlsCert: stranger.cert }, { tlsKey: stranger.key })).toMatchObject({
      code: 'BASE_DN_NOT_FOUND',
    });
  });

  test('that the server does not request gives BIND_REFUSED at the step of signing in, and is not tried at the next URL', async () => {
    await using careless = await startSlapd({ entries: people(2) });
    const result = await tested({ urls: [careless.ldapsUrl], tlsCa: careless.ca });
    expect(result).toMatchObject({ ok: false, code: 'BIND_REFUSED', hint: expect.stringContaining('certificate') });
    expect(check(result, 'Sign-in')).toMatchObject([{ status: 'FAIL', detail: expect.stringContaining('CN=reader') }]);
    expect(await failure({ urls: [careless.url, slapd.url], startTls: true, tlsVerify: false })).toMatchObject({
      code: 'BIND_REFUSED',
      hint: expect.stringContaining('certificate'),
    });
  });

  test('that expires soon is a warning of the connection test', async () => {
    const short = makeCertificate({
      commonName: 'reader',
      issuer: authority,
      notAfter: new Date(Date.now() + 5.5 * day),
    });
    const result = await tested({ tlsCert: short.cert }, { tlsKey: short.key });
    expect(result.ok).toBe(true);
    expect(check(result, 'TLS')).toMatchObject([
      { status: 'OK' },
      { status: 'WARN', detail: 'The client certificate ends in 5 days.', advice: expect.stringContaining('tlsKey') },
    ]);
  });

  test('that has expired, is not valid yet, or has no key or another one gives TLS_FAILED before anything is sent', async () => {
    const past = makeCertificate({ commonName: 'past', issuer: authority, notAfter: new Date(Date.now() - day) });
    const future = makeCertificate({ commonName: 'future', issuer: authority, notBefore: new Date(Date.now() + day) });
    const urls = ['ldaps://127.0.0.1:1'];
    const cases: [string, Secrets, RegExp][] = [
      [past.cert, { tlsKey: past.key }, /"CN=past" has expired/],
      [future.cert, { tlsKey: future.key }, /"CN=future" is not valid before/],
      [reader.cert, {}, /no private key/],
      [reader.cert, { tlsKey: past.key }, /does not belong/],
      [reader.cert, { tlsKey: 'nonsense' }, /begins with/],
      ['nonsense', { tlsKey: reader.key }, /begins with/],
    ];
    for (const [tlsCert, secrets, words] of cases) {
      const error = await failure({ urls, tlsCert }, secrets);
      expect(error).toMatchObject({ code: 'TLS_FAILED', hint: expect.any(String) });
      expect(error.message).toMatch(words);
    }
  });
});

test.each([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'wants a client certificate'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'does not trust the CA'],
  ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', 'has expired'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'refuses the client certificate'],
])('a server that ends TLS with %s says it in words', (code, words) => {
  expect(alertOf(Object.assign(new Error('x'), { code }))?.reason).toContain(words);
});

test('an end of TLS for other reasons is not blamed on the client certificate', () => {
  for (const code of ['ECONNRESET', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'ERR_SSL_WRONG_VERSION_NUMBER'])
    expect(alertOf(Object.assign(new Error('x'), { code }))).toBeNull();
});

describe('Active Directory', () => {
  const rootDse = {
    supportedControl: ['1.2.840.113556.1.4.319'],
    supportedExtension: ['1.3.6.1.4.1.4203.1.11.3'],
    forestFunctionality: ['7'],
  };
  /** A server over plain TCP. Only the steps of signing in matter here. */
  const signingIn = async (options: Partial<FakeOptions>, changes: Partial<LdapSettings> = {}): Promise<string[]> => {
    const steps: string[] = [];
    const server = await startFakeServer({
      rootDse,
      search: ({ id }) => [done(id, { cookie: '' })],
      takeOver: (kind) => {
        steps.push(kind);
        return false;
      },
      ...options,
    });
    const url = { url: server.url, host: '127.0.0.1', port: server.port, secure: changes.startTls !== true };
    const wire = await dialPlain(url, { ...openOptions(), timeoutMs: 1000 });
    const connection = new LdapConnection(url, wire, 5);
    const certificate = { cert: '', key: '', subject: 'CN=reader', ends: new Date() };
    try {
      await signIn(connection, { settings: settings(changes), secrets: {}, certificate });
    } catch (error) {
      steps.push(error instanceof AppError ? error.code : String(error));
    } finally {
      await connection.close();
      await server.close();
    }
    return steps;
  };

  test('has signed us in when the connection began with TLS, and is not asked again', async () => {
    expect(await signingIn({})).toEqual(['rootDse', 'extended']);
  });

  test('must be asked to sign us in after StartTLS', async () => {
    expect(await signingIn({}, { startTls: true })).toEqual(['rootDse', 'bind', 'extended']);
  });

  test('that knows no account for the certificate gives BIND_REFUSED', async () => {
    expect(await signingIn({ whoAmI: () => '' })).toEqual(['rootDse', 'extended', 'BIND_REFUSED']);
  });
});

describe('certificate and key are checked when they are saved', () => {
  const short = (changes: Partial<LdapSettings>, given: Secrets, stored: string[] = [], mayLack = false): string[] => {
    const has = new Set([...stored, ...Object.keys(given).filter((name) => given[name] !== null)]);
    return checkSettings(settings(changes), { has, given, mayLack }).map(
      ({ path, code, message }) => `${path.join('.')} ${code}: ${message}`,
    );
  };
  const other = makeCertificate({ commonName: 'other', issuer: authority });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const locked = rsa.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const lockedOld = rsa.privateKey
    .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const past = makeCertificate({ commonName: 'past', issuer: authority, notAfter: new Date(Date.now() - day) });

  test.each<[string, Partial<LdapSettings>, Secrets, RegExp[]]>([
    ['a pair that fits', {}, { tlsKey: reader.key }, []],
    ['a chain', { tlsCert: `${reader.cert}${authority.cert}` }, { tlsKey: reader.key }, []],
    ['text around the key', {}, { tlsKey: `Bag Attributes\n${reader.key}\n` }, []],
    [
      'a chain in the wrong order',
      { tlsCert: authority.cert + reader.cert },
      { tlsKey: reader.key },
      [/does not belong/],
    ],
    ['the key of another certificate', {}, { tlsKey: other.key }, [/^tlsKey INVALID_PEM: .*does not belong/]],
    ['an encrypted key', {}, { tlsKey: locked }, [/^tlsKey INVALID_PEM: .*passphrase/]],
    ['an encrypted key of the old form', {}, { tlsKey: lockedOld }, [/^tlsKey INVALID_PEM: .*passphrase/]],
    ['no key in the key', {}, { tlsKey: reader.cert }, [/^tlsKey INVALID_PEM: .*begins with/]],
    [
      'garbage in the key',
      {},
      { tlsKey: reader.key.replace(/\n.{10}/, '\nAAAAAAAAAA') },
      [/^tlsKey INVALID_PEM: .*read/],
    ],
    ['two keys', {}, { tlsKey: reader.key + other.key }, [/^tlsKey INVALID_PEM: .*several/]],
    ['a public key', {}, { tlsKey: rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString() }, [/begins with/]],
    ['a key without end', {}, { tlsKey: reader.key.repeat(100) }, [/^tlsKey TOO_LONG/]],
    ['an expired certificate', { tlsCert: past.cert }, { tlsKey: past.key }, [/^tlsCert INVALID_PEM: .*expired \(2/]],
    ['garbage', { tlsCert: 'x' }, { tlsKey: reader.key }, [/^tlsCert INVALID_PEM/]],
    [
      'a certificate cut short',
      { tlsCert: reader.cert.slice(0, 200) },
      { tlsKey: reader.key },
      [/^tlsCert INVALID_PEM/],
    ],
    [
      'a key in the certificate',
      { tlsCert: reader.cert + reader.key },
      { tlsKey: reader.key },
      [/^tlsCert .*private key/],
    ],
    ['a certificate without end', { tlsCert: reader.cert.repeat(500) }, { tlsKey: reader.key }, [/^tlsCert TOO_LONG/]],
    ['both bad at once', { tlsCert: 'x' }, { tlsKey: 'y' }, [/^tlsCert INVALID_PEM/, /^tlsKey INVALID_PEM/]],
    ['a certificate without its key', {}, {}, [/^tlsKey SECRET_REQUIRED/]],
    ['a key without its certificate', { tlsCert: null }, { tlsKey: reader.key }, [/^tlsCert REQUIRED/]],
    [
      'a server without TLS',
      { urls: ['ldaps://a', 'ldap://b'] },
      { tlsKey: reader.key },
      [/^urls\.1 CONTRADICTION: .*TLS/],
    ],
  ])('%s', (_name, changes, given, expected) => {
    const faults = short(changes, given);
    expect(faults).toEqual(expected.map((words) => expect.stringMatching(words)));
    for (const line of (given.tlsKey ?? '').split('\n').filter((text) => text.length > 40))
      expect(JSON.stringify(faults)).not.toContain(line);
  });

  test('a Draft may lack the key, and a stored pair is not checked again, also when it has expired', () => {
    expect(short({}, {}, [], true)).toEqual([]);
    expect(short({ tlsCert: past.cert }, {}, ['tlsKey'])).toEqual([]);
    expect(short({ tlsCert: past.cert }, {}, [], true)).toEqual([expect.stringMatching(/expired/)]);
  });

  test('a PEM of only BEGIN lines is refused at once', () => {
    const begins = '-----BEGIN CERTIFICATE-----'.repeat(3500);
    expect(short({ tlsCert: begins, tlsCa: begins }, { tlsKey: reader.key })).toHaveLength(2);
  });
});
