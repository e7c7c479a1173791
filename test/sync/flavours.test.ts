import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConnectionTest } from '../../src/core/source-session.ts';
import { type Flavour, flavours } from '../../src/sync/source/ldap/flavour.ts';
import type { LdapSettings } from '../../src/sync/source/ldap/ldap-settings.ts';
import { sources } from '../../src/sync/source/sources.ts';
import { done, entry, type FakeServer, type FakeValue, startFakeServer } from '../support/ldap-fake-server.ts';
import { ldapSettings, openOptions } from '../support/ldap-reading.ts';
import { startSlapd } from '../support/slapd.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { removal, somebody, unit } from './small-directory.ts';

type Attributes = Record<string, FakeValue | FakeValue[]>;
type Person = { dn: string; attributes: Attributes };
type Kind = {
  rootDse: Record<string, string[]>;
  /** The id attributes of person number n. */
  id: (n: number) => Attributes;
  off: Attributes;
  on: Attributes;
};

const guid = (n: number): Buffer => Buffer.alloc(16, n);
const uuid = (n: number): string =>
  guid(n)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const control = { supportedControl: ['1.2.840.113556.1.4.319'] };
const accountControl = { off: { userAccountControl: '514' }, on: { userAccountControl: '512' } };
const accountLock = { off: { nsAccountLock: 'TRUE' }, on: {} };

const kinds: Record<Flavour, Kind> = {
  OPENLDAP: {
    rootDse: { objectClass: ['top', 'OpenLDAProotDSE'] },
    id: (n) => ({ entryUUID: uuid(n) }),
    off: { pwdAccountLockedTime: '000001010000Z' },
    on: {},
  },
  DS389: {
    rootDse: { vendorName: ['389 Project'], vendorVersion: ['389-Directory/2.3.1'] },
    id: (n) => ({
      nsUniqueId: `${uuid(n)
        .replaceAll('-', '')
        .replace(/.{8}(?=.)/g, '$&-')}`,
    }),
    ...accountLock,
  },
  FREEIPA: {
    rootDse: { vendorName: ['389 Project'], supportedExtension: ['2.16.840.1.113730.3.8.10.5'] },
    // Both are there; the one that also survives a copy of the entry counts.
    id: (n) => ({ nsUniqueId: `0-0-${n}`, ipaUniqueID: uuid(n) }),
    ...accountLock,
  },
  ACTIVE_DIRECTORY: {
    rootDse: { forestFunctionality: ['7'], dsServiceName: ['CN=NTDS Settings,CN=DC1'] },
    id: (n) => ({ objectGUID: guid(n) }),
    ...accountControl,
  },
  SAMBA: {
    rootDse: { vendorName: ['Samba Team (https://www.samba.org)'], forestFunctionality: ['4'] },
    id: (n) => ({ objectGUID: guid(n) }),
    ...accountControl,
  },
  EDIRECTORY: {
    rootDse: { vendorName: ['NetIQ Corporation'], vendorVersion: ['LDAP Agent for NetIQ eDirectory 9.2'] },
    id: (n) => ({ GUID: guid(n) }),
    off: { loginDisabled: 'TRUE' },
    on: { loginDisabled: 'FALSE' },
  },
  OTHER: {
    rootDse: { vendorName: ['ForgeRock AS.'] },
    id: (n) => ({ entryUUID: uuid(n) }),
    off: { loginDisabled: 'TRUE' },
    on: {},
  },
};

let rootDse: Record<string, string[]>;
let people: Person[];
let server: FakeServer;
let syncing: LoneSyncing;

beforeAll(async () => {
  syncing = await createSyncing();
  server = await startFakeServer({
    get rootDse() {
      return rootDse;
    },
    search: ({ id }) => [...people.map(({ dn, attributes }) => entry(id, dn, attributes)), done(id, { cookie: '' })],
  });
});
afterAll(async () => {
  await server?.close();
  await syncing?.close();
});
beforeEach(async () => {
  await syncing.rows('DELETE FROM contact_link');
  await syncing.rows('DELETE FROM contact');
});

const connect = (flavour: Flavour | 'AUTO' = 'AUTO'): Promise<string> =>
  syncing.createConnection(server, { source: { flavour }, removal: removal() });

const person = ({ id }: Kind, n: number, name: string, attributes: Attributes = {}): Person => ({
  dn: `cn=${name},dc=example,dc=org`,
  attributes: { cn: name, mail: `${name.toLowerCase()}@example.org`, ...id(n), ...attributes },
});

const named = async (): Promise<string[]> =>
  (await syncing.contacts()).map(({ display_name, status }) => `${display_name} ${status}`).sort();

describe.each(Object.entries(kinds))('%s', (flavour, kind) => {
  beforeEach(() => {
    rootDse = { ...control, ...kind.rootDse };
  });

  test('disabled people stay out or are deactivated, and are reactivated when they are enabled again', async () => {
    const connection = await connect();
    people = [person(kind, 1, 'Ada', kind.on), person(kind, 2, 'Bob', kind.off), person(kind, 3, 'Eve', kind.on)];
    expect(await syncing.sync(connection)).toMatchObject({ counts: { created: 2 }, excluded: { DISABLED: 1 } });

    people = [person(kind, 1, 'Ada', kind.off), person(kind, 2, 'Bob', kind.off), person(kind, 3, 'Eve', kind.on)];
    expect(await syncing.sync(connection)).toMatchObject({ counts: { deactivated: 1, unchanged: 1 } });
    expect(await named()).toEqual(['Ada INACTIVE', 'Eve ACTIVE']);

    people = [person(kind, 1, 'Ada', kind.on), person(kind, 2, 'Bob', kind.on), person(kind, 3, 'Eve', kind.on)];
    expect(await syncing.sync(connection)).toMatchObject({ counts: { reactivated: 1, created: 1, unchanged: 1 } });
    expect(await named()).toEqual(['Ada ACTIVE', 'Bob ACTIVE', 'Eve ACTIVE']);
  });

  test('a person who is renamed, moved and has a new address keeps the contact', async () => {
    const connection = await connect();
    people = [person(kind, 1, 'Ada'), person(kind, 2, 'Bob')];
    await syncing.sync(connection);
    const before = (await syncing.contacts()).find(({ display_name }) => display_name === 'Ada');

    people = [{ ...person(kind, 1, 'Augusta'), dn: 'cn=Augusta,ou=moved,dc=example,dc=org' }, person(kind, 2, 'Bob')];
    expect(await syncing.sync(connection)).toMatchObject({ counts: { updated: 1, created: 0, unchanged: 1 } });
    expect(await syncing.contacts()).toContainEqual(
      expect.objectContaining({ id: before?.id, display_name: 'Augusta', primary_email: 'augusta@example.org' }),
    );
  });

  test('the connection test and the log of a run name it', async () => {
    people = [person(kind, 1, 'Ada')];
    const label = flavour === 'OTHER' ? 'ForgeRock AS.' : flavours[flavour as Flavour].label;
    expect((await tested('AUTO')).server).toBe(`${server.url} (${label})`);
    expect(await check('AUTO')).toMatchObject({ status: 'OK', detail: label, advice: null });
    const lines = await syncing.log((await syncing.sync(await connect())).id);
    expect(lines).toContainEqual(
      expect.objectContaining({ code: 'CONNECTED', message: expect.stringContaining(label) }),
    );
  });
});

const tested = (flavour: LdapSettings['flavour']): Promise<ConnectionTest> =>
  sources.LDAP.test(ldapSettings(server, { flavour }), {}, openOptions());
const check = async (flavour: LdapSettings['flavour']) =>
  (await tested(flavour)).checks.find(({ name }) => name === 'Server');

describe('a flavour in the settings', () => {
  test('takes precedence over the root DSE, and the connection test says so when both differ', async () => {
    rootDse = { ...control, ...kinds.OPENLDAP.rootDse };
    people = [
      person(kinds.EDIRECTORY, 1, 'Ada', { entryUUID: uuid(9) }),
      person(kinds.EDIRECTORY, 2, 'Bob', { ...kinds.EDIRECTORY.off, entryUUID: uuid(8) }),
    ];
    const run = await syncing.sync(await connect('EDIRECTORY'));
    expect(run).toMatchObject({ counts: { created: 1 }, excluded: { DISABLED: 1 } });
    expect(await syncing.rows('SELECT external_id FROM contact_link')).toEqual([{ external_id: uuid(1) }]);
    expect(await check('EDIRECTORY')).toMatchObject({
      status: 'WARN',
      detail: 'Treated as eDirectory, as the settings say, but the server says that it is OpenLDAP.',
      advice: expect.stringContaining('AUTO'),
    });
    expect(await check('OPENLDAP')).toMatchObject({ status: 'OK', detail: 'OpenLDAP' });
    expect(await check('OTHER')).toMatchObject({ status: 'WARN', advice: expect.stringContaining('AUTO') });
  });

  test('is no fault if the server shows no known kind', async () => {
    rootDse = { ...control, ...kinds.OTHER.rootDse };
    people = [person(kinds.DS389, 1, 'Ada')];
    expect(await check('DS389')).toMatchObject({
      status: 'OK',
      detail: expect.stringContaining('389 Directory Server'),
    });
    expect((await tested('DS389')).ok).toBe(true);
  });

  test.each(['DS389', 'EDIRECTORY', 'ACTIVE_DIRECTORY', 'OPENLDAP'] as const)(
    '%s keeps the contacts when the server stops to show what it is',
    async (flavour) => {
      const kind = kinds[flavour];
      rootDse = { ...control, ...kind.rootDse };
      people = [person(kind, 1, 'Ada', kind.on), person(kind, 2, 'Bob', kind.on)];
      const connection = await connect(flavour);
      await syncing.sync(connection);
      rootDse = {};
      people = [person(kind, 1, 'Ada', kind.on), person(kind, 2, 'Bob', kind.off)];
      const run = await syncing.sync(connection);
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { unchanged: 1, deactivated: 1 } });
      expect(await check(flavour)).toMatchObject({ status: 'OK', detail: expect.stringContaining('root DSE') });
    },
  );
});

test.each(Object.keys(kinds) as Flavour[])(
  '%s keeps the contacts when the server stops to show what it is, also where entries have other ids too',
  async (flavour) => {
    const kind = kinds[flavour];
    const both = (off: Attributes) => [
      person(kind, 1, 'Ada', { entryUUID: uuid(101), ...kind.id(1), ...kind.on }),
      person(kind, 2, 'Bob', { entryUUID: uuid(102), ...kind.id(2), ...off }),
    ];
    rootDse = { ...control, ...kind.rootDse };
    people = both(kind.on);
    const connection = await connect();
    await syncing.sync(connection);
    rootDse = {};
    people = both(kind.off);
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { unchanged: 1, deactivated: 1 } });
  },
);

test("a server whose root DSE can't be read is of kind OTHER, with a line in the log and advice in the connection test", async () => {
  rootDse = {};
  people = [person(kinds.DS389, 1, 'Ada'), person(kinds.DS389, 2, 'Bob', kinds.DS389.off)];
  const run = await syncing.sync(await connect());
  expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { created: 1 }, excluded: { DISABLED: 1 } });
  expect(await syncing.log(run.id)).toContainEqual(
    expect.objectContaining({ level: 'INFO', code: 'SERVER_NOT_RECOGNISED' }),
  );
  expect(await check('AUTO')).toMatchObject({
    status: 'WARN',
    detail: expect.stringContaining('treated as: LDAP server'),
    advice: expect.stringContaining('flavour'),
  });
  expect(await tested('AUTO')).toMatchObject({ ok: true });
});

describe('flags that every account has', () => {
  const peopleChecks = async () => (await tested('AUTO')).checks.filter(({ name }) => name === 'People');

  test.each(['ACTIVE_DIRECTORY', 'SAMBA'] as const)(
    'are reported as hidden by the connection test of %s',
    async (flavour) => {
      rootDse = { ...control, ...kinds[flavour].rootDse };
      people = [person(kinds[flavour], 1, 'Ada'), person(kinds[flavour], 2, 'Bob')];
      expect(await peopleChecks()).toMatchObject([
        { status: 'OK' },
        { status: 'WARN', detail: expect.stringContaining('userAccountControl'), advice: expect.any(String) },
      ]);
      people = [person(kinds[flavour], 1, 'Ada'), person(kinds[flavour], 2, 'Bob', kinds[flavour].on)];
      expect(await peopleChecks()).toMatchObject([{ status: 'OK' }]);
    },
  );

  test('are not reported as hidden if no flag means enabled', async () => {
    rootDse = { ...control, ...kinds.DS389.rootDse };
    people = [person(kinds.DS389, 1, 'Ada')];
    expect(await peopleChecks()).toMatchObject([{ status: 'OK' }]);
  });
});

test('a root DSE full of nonsense does no harm', async () => {
  people = [person(kinds.OPENLDAP, 1, 'Ada')];
  const long = 'x'.repeat(100_000);
  const nonsense: Record<string, string[]>[] = [
    { vendorName: [long], vendorVersion: [long], namingContexts: [long, ''] },
    { vendorName: ['\u202eevil\0\r\n{"level":50}'], objectClass: ['\0'] },
    { vendorName: ['Samba', 'NetIQ', '389 Project'], objectClass: ['OpenLDAProotDSE'], forestFunctionality: [''] },
    { supportedControl: Array.from({ length: 5000 }, (_, i) => `1.2.${i}`), supportedExtension: [long] },
    { highestCommittedUSN: ['-1e999'], dsServiceName: [long], changelog: ['\0'] },
  ];
  for (const hostile of nonsense) {
    rootDse = hostile;
    const { server: label, checks } = await tested('AUTO');
    expect(JSON.stringify({ label, checks }).length).toBeLessThan(20_000);
    expect(label).not.toMatch(/[\0\r\n\u202e]/);
  }
});

describe.each(['ACTIVE_DIRECTORY', 'EDIRECTORY'] as const)('ids of 16 bytes of %s', (flavour) => {
  const name = flavour === 'EDIRECTORY' ? 'GUID' : 'objectGUID';
  test('differ whatever their bytes are, and are the same at the next run', async () => {
    rootDse = { ...control, ...kinds[flavour].rootDse };
    const ids = [
      Buffer.from('abcdefghijklmnop'),
      Buffer.from('ABCDEFGHIJKLMNOP'),
      Buffer.alloc(16, 0),
      Buffer.alloc(16, 0xff),
      // Lossy decoding as UTF-8 would make one text of these two.
      Buffer.from(`fe${'00'.repeat(14)}fe`, 'hex'),
      Buffer.from(`ff${'00'.repeat(14)}ff`, 'hex'),
      Buffer.from('c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9', 'hex'),
      Buffer.from('2a2829005c0d0a272022000000000000', 'hex'),
    ];
    people = ids.map((id, i) => ({ dn: `cn=p${i}`, attributes: { cn: `P${i}`, [name]: id } }));
    const connection = await connect();
    expect(await syncing.sync(connection)).toMatchObject({ counts: { created: ids.length } });
    const stored = (await syncing.rows('SELECT external_id FROM contact_link')).map(({ external_id }) => external_id);
    expect(new Set(stored).size).toBe(ids.length);
    expect(stored).toContain(
      flavour === 'EDIRECTORY' ? '61626364-6566-6768-696a-6b6c6d6e6f70' : '64636261-6665-6867-696a-6b6c6d6e6f70',
    );
    expect(await syncing.sync(connection)).toMatchObject({ counts: { unchanged: ids.length } });
  });
});

test('a real OpenLDAP is recognised, and its locked accounts stay out until they are unlocked', async () => {
  await using slapd = await startSlapd({
    modules: ['ppolicy'],
    config: ['overlay ppolicy'],
    entries: [unit, somebody('ada'), somebody('bob')],
  });
  const connection = await syncing.createConnection(slapd, { removal: removal() });
  const lock = (value: string): Promise<void> => slapd.change(value);
  await lock(
    `dn: ${somebody('bob').dn}\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n`,
  );
  expect(await syncing.sync(connection)).toMatchObject({ counts: { created: 1 }, excluded: { DISABLED: 1 } });
  await lock(`dn: ${somebody('bob').dn}\nchangetype: modify\ndelete: pwdAccountLockedTime\n`);
  expect(await syncing.sync(connection)).toMatchObject({ counts: { created: 1, unchanged: 1 } });
  const { server: label } = await sources.LDAP.test(
    ldapSettings(slapd),
    { bindPassword: slapd.bindPassword },
    openOptions(),
  );
  expect(label).toBe(`${slapd.url} (OpenLDAP)`);
});
