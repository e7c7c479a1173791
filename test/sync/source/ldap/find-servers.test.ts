import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../src/core/app-error.ts';
import type { ConnectionTest, OpenOptions } from '../../../../src/core/source-session.ts';
import { findServers } from '../../../../src/sync/source/ldap/find-servers.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { sources } from '../../../../src/sync/source/sources.ts';
import { type FakeName, startDnsServer } from '../../../support/dns-server.ts';
import { makeCertificate } from '../../../support/ldap-certificates.ts';
import { startFakeServer } from '../../../support/ldap-fake-server.ts';
import { people } from '../../../support/ldap-people.ts';
import { ldapSettings, openOptions } from '../../../support/ldap-reading.ts';
import { freePort } from '../../../support/server-process.ts';
import { type Slapd, startSlapd } from '../../../support/slapd.ts';

let slapd: Slapd;
let dead: number;

beforeAll(async () => {
  slapd = await startSlapd({ entries: people(3) });
  dead = await freePort();
});
afterAll(() => slapd?.close());

const settings = (changes: Partial<LdapSettings> = {}): LdapSettings =>
  ldapSettings(slapd, { urls: [], domain: 'example.test', tlsCa: slapd.ca, ...changes });

type Outcome = { server: string; asked: string[]; notes: string[] };

/** Opens a session with these names in DNS, and closes it. */
async function opened(
  names: Record<string, FakeName>,
  changes: Partial<LdapSettings> = {},
  options: Partial<OpenOptions> = {},
): Promise<Outcome> {
  await using dns = await startDnsServer(names);
  const all = { ...openOptions(), nameServers: [dns.address], ...options };
  const session = await sources.LDAP.open(settings(changes), { bindPassword: slapd.bindPassword }, all);
  await session.close();
  return { server: session.server, asked: dns.asked, notes: session.notes.map(({ message }) => message) };
}

async function failure(
  names: Record<string, FakeName>,
  changes: Partial<LdapSettings> = {},
  options: Partial<OpenOptions> = {},
): Promise<AppError> {
  try {
    await opened(names, changes, options);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was opened');
}

const plain = (port = slapd.port, priority = 0) => ({ name: 'localhost', port, priority });
const secure = (priority = 0) => ({ name: 'localhost', port: slapd.ldapsPort, priority });

describe('the servers of a domain', () => {
  test('are those of _ldap._tcp, in the order of their priorities', async () => {
    const { server, notes } = await opened({ '_ldap._tcp.example.test': [plain(slapd.port, 10), plain(dead, 0)] });
    expect(server).toBe(`ldap://localhost:${slapd.port} (OpenLDAP)`);
    expect(notes).toEqual([expect.stringContaining(`ldap://localhost:${dead}`)]);
  });

  test('are those of _ldaps._tcp before all others', async () => {
    const names = { '_ldap._tcp.example.test': [plain()], '_ldaps._tcp.example.test': [secure()] };
    expect((await opened(names)).server).toBe(`ldaps://localhost:${slapd.ldapsPort} (OpenLDAP)`);
    expect((await opened(names, { startTls: true })).server).toContain('ldaps://');
  });

  test('are contacted with StartTLS if that is on', async () => {
    const names = { '_ldap._tcp.example.test': [plain()] };
    expect((await opened(names, { startTls: true })).server).toBe(`ldap://localhost:${slapd.port} (OpenLDAP)`);
    expect(await failure(names, { startTls: true, tlsCa: null })).toMatchObject({ code: 'TLS_FAILED' });
  });

  test('are its domain controllers first where it is an Active Directory', async () => {
    const controllers = await startFakeServer({ search: () => [] });
    const { server } = await opened({
      '_ldap._tcp.dc._msdcs.example.test': [plain(controllers.port, 50)],
      '_ldap._tcp.example.test': [plain(slapd.port, 0), plain(controllers.port, 0)],
    });
    await controllers.close();
    expect(server).toContain(`ldap://localhost:${controllers.port} `);
  });

  test('are looked up for each connection, with the domain in any spelling', async () => {
    const names = { '_ldap._tcp.xn--bcher-kva.example': [plain()] };
    const { asked } = await opened(names, { domain: ' Bücher.Example. ' });
    expect(asked.sort()).toEqual([
      '_ldap._tcp.dc._msdcs.xn--bcher-kva.example',
      '_ldap._tcp.xn--bcher-kva.example',
      '_ldaps._tcp.xn--bcher-kva.example',
    ]);
  });

  test('are at most ten', async () => {
    const records = Array.from({ length: 12 }, (_, i) => plain(1000 + i, i));
    await using dns = await startDnsServer({ '_ldap._tcp.example.test': records });
    const { servers } = await findServers(settings(), { ...openOptions(), nameServers: [dns.address] });
    expect(servers.map(({ port }) => port)).toEqual(records.slice(0, 10).map(({ port }) => port));
  });
});

describe('the site of an Active Directory', () => {
  const own = '_ldap._tcp.Berlin._sites.dc._msdcs.example.test';
  const label = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
  const pointer = (at: number): Buffer => Buffer.of(0xc0 | (at >> 8), at & 0xff);
  const end = Buffer.of(0);
  /** The answer of a domain controller. Names that occurred before are compressed to pointers. */
  const netlogon = (clientSite: Buffer, opcode = 23): Buffer => {
    const fixed = Buffer.alloc(24);
    fixed.writeUInt16LE(opcode, 0);
    const forest = Buffer.concat([label('example'), label('test'), end]);
    const names = [forest, pointer(24), label('dc1'), pointer(24), label('EXAMPLE'), end, label('DC1'), end, end];
    return Buffer.concat([fixed, ...names, label('Paris'), end, clientSite, Buffer.from('05000000ffffffff', 'hex')]);
  };
  const berlin = Buffer.concat([label('Berlin'), end]);

  /** The order of the servers when a controller answers this, and the session's note on it. */
  const found = async (answer: Buffer[], names: Record<string, FakeName> = {}) => {
    const controller = await startFakeServer({ rootDse: { Netlogon: answer }, search: () => [] });
    await using dns = await startDnsServer({
      '_ldap._tcp.dc._msdcs.example.test': [plain(controller.port, 0), plain(2001, 1), plain(2002, 2)],
      [own.toLowerCase()]: [plain(2002, 0), plain(2003, 1)],
      ...names,
    });
    const { servers, site } = await findServers(settings(), { ...openOptions(), nameServers: [dns.address] });
    await controller.close();
    return { site, order: servers.map(({ port }) => (port === controller.port ? 'asked' : port)), asked: dns.asked };
  };

  test('comes first, in its own order, and the other controllers after it', async () => {
    const { site, order } = await found([netlogon(berlin)]);
    expect({ site, order }).toEqual({ site: 'Berlin', order: [2002, 2003, 'asked', 2001] });
  });

  test('can be that of the controller that was asked', async () => {
    const atParis = 24 + 14 + 2 + 6 + 9 + 5 + 1;
    const names = { '_ldap._tcp.paris._sites.dc._msdcs.example.test': [plain(2004)] };
    const { site, order } = await found([netlogon(pointer(atParis))], names);
    expect({ site, order }).toEqual({ site: 'Paris', order: [2004, 'asked', 2001, 2002] });
  });

  test.each<[string, Buffer[]]>([
    ['no answer', []],
    ['an empty answer', [Buffer.alloc(0)]],
    ['another form of answer', [netlogon(berlin, 19)]],
    ['no site for our address', [netlogon(end)]],
    ['an answer cut short', [netlogon(berlin).subarray(0, 70)]],
    ['a name that refers to itself', [netlogon(pointer(24 + 14 + 2 + 6 + 9 + 5 + 1 + 7))]],
    ['a name outside of the answer', [netlogon(pointer(0x3fff))]],
    ['names without end', [netlogon(Buffer.alloc(5000, 0x3f))]],
    ['a site that is no label of DNS', [netlogon(Buffer.concat([label('a.b)(x=*'), end]))]],
  ])('is not looked for with %s', async (_name, answer) => {
    const { site, order, asked } = await found(answer);
    expect({ site, order }).toEqual({ site: null, order: ['asked', 2001, 2002] });
    expect(asked.filter((name) => name.includes('_sites'))).toEqual([]);
  });

  test('without servers in DNS, or with a failing DNS, changes nothing', async () => {
    for (const known of [[], 2] satisfies FakeName[]) {
      const { site, order } = await found([netlogon(berlin)], { [own.toLowerCase()]: known });
      expect({ site, order }).toEqual({ site: null, order: ['asked', 2001, 2002] });
    }
  });

  test('is not looked up if private addresses are not allowed, and the run ends at the first server', async () => {
    const controller = await startFakeServer({ rootDse: { Netlogon: [netlogon(berlin)] }, search: () => [] });
    const names = { '_ldap._tcp.dc._msdcs.example.test': [plain(controller.port, 0), plain(2001, 1)] };
    const addresses = { allowPrivate: false, cidrs: [] };
    expect(await failure(names, {}, { addresses })).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
    expect(controller.searches).toEqual([]);
    await controller.close();
  });
});

describe('no connection without TLS if there is one with TLS', () => {
  test('when the servers with TLS are down', async () => {
    const names = {
      '_ldap._tcp.example.test': [plain()],
      '_ldaps._tcp.example.test': [{ name: 'localhost', port: dead }],
    };
    expect(await failure(names)).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('ldaps://') });
    expect((await opened(names, { startTls: true })).server).toContain(`ldap://localhost:${slapd.port}`);
  });

  test('when DNS does not answer about them', async () => {
    const names = { '_ldap._tcp.example.test': [plain()], '_ldaps._tcp.example.test': 2 };
    expect(await failure(names)).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('ESERVFAIL') });
    expect((await opened(names, { startTls: true })).server).toContain('ldap://');
  });

  test('when a client certificate must be presented', async () => {
    const { cert, key } = makeCertificate({ commonName: 'reader' });
    await using dns = await startDnsServer({ '_ldap._tcp.example.test': [plain()] });
    const opening = sources.LDAP.open(
      settings({ tlsCert: cert, bindDn: null }),
      { tlsKey: key },
      { ...openOptions(), nameServers: [dns.address] },
    );
    await expect(opening).rejects.toMatchObject({ code: 'TLS_FAILED', hint: expect.stringContaining('startTls') });
  });
});

describe('DNS answers are not trusted beyond that', () => {
  test('the certificate must be good for the name of the server', async () => {
    const authority = makeCertificate({ commonName: 'CA' });
    const certificate = makeCertificate({ commonName: 'x', hosts: ['example.test', '127.0.0.1'], issuer: authority });
    await using server = await startSlapd({ certificate, ca: authority.cert });
    const names = { '_ldaps._tcp.example.test': [{ name: 'localhost', port: server.ldapsPort }] };
    expect(await failure(names, { tlsCa: server.ca })).toMatchObject({
      code: 'TLS_FAILED',
      message: expect.stringContaining('another name than "localhost"'),
    });
  });

  test('a server at a private address is ADDRESS_NOT_ALLOWED', async () => {
    const addresses = { allowPrivate: false, cidrs: [] };
    const error = await failure({ '_ldap._tcp.example.test': [plain()] }, {}, { addresses });
    expect(error).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
    expect(JSON.stringify([error.message, error.hint])).not.toMatch(/127\.0|::1/);
  });

  test.each<[string, Record<string, FakeName>, string]>([
    ['no record', {}, 'names no LDAP server'],
    ['records without one', { '_ldap._tcp.example.test': [] }, 'names no LDAP server'],
    [
      'the record that says that there is none',
      { '_ldap._tcp.example.test': [{ name: '.', port: 0 }] },
      'names no LDAP',
    ],
    [
      'an address instead of a name',
      { '_ldap._tcp.example.test': [{ name: '169.254.169.254', port: 80 }] },
      'names no',
    ],
    ['a refusal', { '_ldap._tcp.example.test': 5, '_ldaps._tcp.example.test': 5 }, 'gave no answer'],
    ['nonsense', { '_ldaps._tcp.example.test': 'garbage', '_ldap._tcp.example.test': 'garbage' }, 'gave no answer'],
  ])('%s is UNREACHABLE, with advice', async (_name, names, words) => {
    expect(await failure(names)).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining(words),
      hint: expect.stringContaining('urls'),
    });
  });

  test('waiting for DNS ends when it is aborted', async () => {
    const abort = new AbortController();
    await using dns = await startDnsServer({
      '_ldap._tcp.example.test': 'silent',
      '_ldaps._tcp.example.test': 'silent',
    });
    const options = { ...openOptions(abort.signal), nameServers: [dns.address] };
    const opening = sources.LDAP.open(settings(), { bindPassword: 'x' }, options);
    const failed = expect(opening).rejects.toThrow('enough');
    abort.abort(new Error('enough'));
    await failed;
  });
});

describe('the connection test', () => {
  const tested = async (
    names: Record<string, FakeName>,
    changes: Partial<LdapSettings> = {},
  ): Promise<ConnectionTest> => {
    await using dns = await startDnsServer(names);
    const options = { ...openOptions(), nameServers: [dns.address] };
    return await sources.LDAP.test(settings(changes), { bindPassword: slapd.bindPassword }, options);
  };
  const statuses = ({ checks }: ConnectionTest): string[] => checks.map(({ name, status }) => `${name} ${status}`);

  test('shows which servers were found, and which one was reached', async () => {
    const result = await tested(
      { '_ldap._tcp.example.test': [plain(dead, 0), plain(slapd.port, 1)] },
      { startTls: true },
    );
    expect(statuses(result).slice(0, 4)).toEqual(['Domain OK', 'Reach WARN', 'Reach OK', 'TLS OK']);
    expect(result.checks[0]?.detail).toBe(`DNS names "ldap://localhost:${dead}", "ldap://localhost:${slapd.port}".`);
  });

  test('reports an expired client certificate at its own step', async () => {
    const past = makeCertificate({ commonName: 'past', notAfter: new Date(Date.now() - 1000) });
    await using dns = await startDnsServer({ '_ldaps._tcp.example.test': [secure()] });
    const options = { ...openOptions(), nameServers: [dns.address] };
    const result = await sources.LDAP.test(settings({ tlsCert: past.cert }), { tlsKey: past.key }, options);
    expect(result).toMatchObject({ ok: false, code: 'TLS_FAILED', hint: expect.stringContaining('tlsKey') });
    expect(statuses(result).slice(0, 3)).toEqual(['Domain OK', 'Reach SKIPPED', 'TLS FAIL']);
  });

  test('fails at the domain when it has no servers', async () => {
    const result = await tested({});
    expect(result).toMatchObject({ ok: false, code: 'UNREACHABLE' });
    expect(statuses(result).slice(0, 3)).toEqual(['Domain FAIL', 'Reach SKIPPED', 'TLS SKIPPED']);
  });
});
