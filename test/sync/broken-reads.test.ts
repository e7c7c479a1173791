import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/core/records.ts';
import type { RunError } from '../../src/core/run.ts';
import type { LdapSettings } from '../../src/sync/source/ldap/ldap-settings.ts';
import { type Fault, startFaultProxy } from '../support/fault-proxy.ts';
import { makeCertificate } from '../support/ldap-certificates.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { people } from '../support/ldap-people.ts';
import { freePort } from '../support/server-process.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { defaultMappings } from '../support/source-defaults.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';

const everybody = 300;

describe('a read that can’t be trusted removes nobody and says what to do', () => {
  let slapd: Slapd;
  let syncing: LoneSyncing;
  let connection: string;

  beforeAll(async () => {
    slapd = await startSlapd({ entries: people(everybody) });
    syncing = await createSyncing();
    connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await syncing?.close();
    await slapd?.close();
  });

  /** Runs with other settings, then restores the settings. */
  const runWith = async (source: Partial<LdapSettings>): Promise<RunRecord> => {
    const [before, saved] = [await syncing.contacts(), await syncing.connection(connection)];
    await syncing.edit(connection, { source });
    const run = await syncing.sync(connection);
    if (run.status === 'HELD') await syncing.reject(run.id);
    await syncing.edit(connection, { source: saved.source });
    expect(await syncing.contacts()).toEqual(before);
    expect(await syncing.rows(`SELECT FROM contact_link WHERE gone_since IS NOT NULL`)).toEqual([]);
    return run;
  };
  /** The error of the run. */
  const breakWith = async (changes: Partial<LdapSettings>): Promise<RunError | null> => {
    const run = await runWith(changes);
    expect(run.status).toBe('FAILED');
    return run.error;
  };
  const told = (code: string) => ({ code, hint: expect.stringMatching(/\w+/) });

  test('a wrong password', async () => {
    expect(await breakWith({ bindDn: `cn=stranger,${slapd.baseDn}` })).toMatchObject(told('BIND_REFUSED'));
  });

  test('an unknown host', async () => {
    expect(await breakWith({ urls: ['ldap://nobody.invalid:389'] })).toMatchObject(told('UNREACHABLE'));
  });

  test('a port that is closed', async () => {
    expect(await breakWith({ urls: [`ldap://127.0.0.1:${await freePort()}`] })).toMatchObject(told('UNREACHABLE'));
  });

  test('a base DN that does not exist', async () => {
    expect(await breakWith({ baseDns: ['ou=nowhere,dc=example,dc=org'] })).toMatchObject(told('BASE_DN_NOT_FOUND'));
  });

  test('one base DN of two that does not exist', async () => {
    const baseDns = ['ou=people,dc=example,dc=org', 'ou=nowhere,dc=example,dc=org'];
    expect(await breakWith({ baseDns })).toMatchObject(told('BASE_DN_NOT_FOUND'));
  });

  test('a certificate of an unknown CA', async () => {
    expect(await breakWith({ urls: [slapd.ldapsUrl] })).toMatchObject(told('TLS_FAILED'));
  });

  test('a certificate that has expired', async () => {
    const certificate = makeCertificate({
      commonName: 'localhost',
      hosts: ['127.0.0.1'],
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2021-01-01'),
    });
    const expired = await startSlapd({ certificate, entries: people(1) });
    try {
      expect(await breakWith({ urls: [expired.ldapsUrl], tlsCa: certificate.cert })).toMatchObject(told('TLS_FAILED'));
    } finally {
      await expired.close();
    }
  });

  test('an id attribute that nobody has', async () => {
    expect(await breakWith({ idAttribute: 'objectGUID' })).toMatchObject(told('ID_ATTRIBUTE_UNREADABLE'));
  });

  test.each<[string, Fault, string]>([
    ['a server that stops answering in the middle', { kind: 'silence', afterBytes: 100_000 }, 'TIMEOUT'],
    ['a server that closes the connection in the middle', { kind: 'cut', afterBytes: 100_000 }, 'CONNECTION_LOST'],
    ['a server that sends garbage', { kind: 'garble', afterBytes: 100_000 }, 'INVALID_RESPONSE'],
  ])('%s', async (_, fault, code) => {
    const proxy = await startFaultProxy(slapd.port, fault);
    try {
      expect(await breakWith({ urls: [proxy.url], timeoutSeconds: 1 })).toMatchObject(told(code));
    } finally {
      await proxy.close();
    }
  });

  test.each<[string, string, string]>([
    ['a size limit of the account', 'size=100', 'SIZE_LIMIT'],
    ['a limit over all pages', 'size.prtotal=150', 'SIZE_LIMIT'],
    ['an account that may not page', 'size.prtotal=disabled', 'PAGING_REFUSED'],
  ])('%s', async (_, limits, code) => {
    const limited = await startSlapd({ entries: people(everybody), limits });
    try {
      expect(await breakWith({ urls: [limited.url] })).toMatchObject(told(code));
    } finally {
      await limited.close();
    }
  });

  test('a server that hides everybody from the account holds the run', async () => {
    const hiding = await startSlapd({ entries: [] });
    const run = await runWith({ urls: [hiding.url] });
    await hiding.close();
    expect(run).toMatchObject({ status: 'HELD', counts: { read: 0, deactivated: everybody } });
  });
});

describe('unusual people', () => {
  const dns = [
    'cn=Doe\\, Jane,dc=example,dc=org',
    'cn=a\\+b\\"c,dc=example,dc=org',
    'cn=trailing\\20,dc=example,dc=org',
    'cn=back\\\\slash,dc=example,dc=org',
    'cn=\\#hash\\;semi\\<lt\\>gt,dc=example,dc=org',
    'cn=Ünï çødé 東京,dc=example,dc=org',
  ];
  const entry = (dn: string, i: number, attributes: LdifEntry['attributes'] = {}): LdifEntry => ({
    dn,
    attributes: {
      objectClass: 'inetOrgPerson',
      sn: `Awkward ${i}`,
      displayName: `Awkward\t"${i}"\\ \n(x,y)`,
      mail: `a${i}@example.org`,
      ...attributes,
    },
  });

  test('are imported with any names, attributes of 5 MB and broken text; what is left out is logged', async () => {
    const huge = entry('cn=huge,dc=example,dc=org', 90, { cn: 'huge', description: 'x'.repeat(5 * 1024 * 1024) });
    const broken = entry('cn=broken,dc=example,dc=org', 91, {
      cn: 'broken',
      userSMIMECertificate: Buffer.of(0x30, 0x81, 0xff, 0x00),
    });
    const slapd = await startSlapd({ entries: [...dns.map((dn, i) => entry(dn, i)), huge, broken] });
    const syncing = await createSyncing();
    try {
      const notes = {
        field: 'TIME_ZONE',
        label: null,
        attributes: ['userSMIMECertificate'],
        template: null,
        value: null,
        transforms: [],
        policy: 'ALWAYS',
        whenEmpty: 'CLEAR',
      } as const;
      const mappings = [...defaultMappings('LDAP'), { ...notes, attributes: ['userSMIMECertificate'], transforms: [] }];
      const connection = await syncing.createConnection(slapd, { mappings });
      const run = await syncing.sync(connection);
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { created: 8, skipped: 0, failed: 0 } });
      const told = (await syncing.log(run.id)).filter(({ level }) => level === 'WARN');
      expect(told.map(({ person }) => person).sort()).toEqual([
        'cn=broken,dc=example,dc=org',
        'cn=huge,dc=example,dc=org',
      ]);
      const contacts = await syncing.contacts();
      expect(contacts.map((contact) => contact.display_name)).toContain('Awkward\t"0"\\ \n(x,y)');
      expect(await syncing.sync(connection)).toMatchObject({ counts: { unchanged: 8 } });
    } finally {
      await syncing.close();
      await slapd.close();
    }
  });
});
