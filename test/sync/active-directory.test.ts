import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { fileTime } from '../../src/sync/source/ldap/account-flags.ts';
import { done, entry, type FakeServer, type FakeValue, startFakeServer } from '../support/ldap-fake-server.ts';
import { defaultMappings } from '../support/source-defaults.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { removal } from './small-directory.ts';

const rootDse = {
  supportedControl: ['1.2.840.113556.1.4.319'],
  forestFunctionality: ['7'],
  dsServiceName: ['CN=NTDS Settings,CN=DC1'],
};

type Account = Record<string, FakeValue | FakeValue[]>;
let accounts: Account[];
let server: FakeServer;
let syncing: LoneSyncing;
let connection: string;

/** An account whose objectGUID repeats its number. */
const account = (number: number, name: string, attributes: Account = {}): Account => ({
  cn: name,
  sAMAccountName: name,
  objectGUID: Buffer.alloc(16, number),
  userAccountControl: '512',
  ...attributes,
});

beforeAll(async () => {
  syncing = await createSyncing();
  server = await startFakeServer({
    rootDse,
    search: ({ id }) => [
      ...accounts.map((attributes) => entry(id, `CN=${attributes.cn},DC=example,DC=org`, attributes)),
      done(id, { cookie: '' }),
    ],
  });
});
afterAll(async () => {
  await server?.close();
  await syncing?.close();
});
beforeEach(async () => {
  await syncing.rows('DELETE FROM contact_link');
  await syncing.rows('DELETE FROM contact');
  connection = await syncing.createConnection(server, {
    kind: 'ACTIVE_DIRECTORY',
    mappings: defaultMappings('ACTIVE_DIRECTORY'),
    removal: removal(),
  });
});

const emails = async () =>
  Object.fromEntries(
    (await syncing.contacts()).map(({ display_name, primary_email, emails: others }) => [
      display_name,
      [primary_email, ...((others as { value: string }[] | null) ?? []).map(({ value }) => value)],
    ]),
  );

test('the primary address is listed once, and a userPrincipalName is no email', async () => {
  accounts = [
    account(1, 'Ada', {
      mail: 'ada@example.org',
      userPrincipalName: 'ada@corp.local',
      proxyAddresses: ['SMTP:Ada@Example.org', 'smtp:al@example.org', 'X500:/o=x'],
    }),
    account(2, 'Bob', { userPrincipalName: 'bob@corp.local' }),
    account(3, 'Eve', { proxyAddresses: ['smtp:eve@example.org', 'SMTP:e@example.org'] }),
  ];
  const expected = {
    Ada: ['ada@example.org', 'al@example.org'],
    Bob: [null],
    Eve: ['e@example.org', 'eve@example.org'],
  };
  expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', counts: { created: 3 } });
  expect(await emails()).toEqual(expected);

  accounts = accounts.map((one) => ({ ...one, title: 'Engineer' }));
  expect(await syncing.sync(connection)).toMatchObject({ counts: { updated: 3 } });
  expect(await emails()).toEqual(expected);
  expect(await syncing.sync(connection)).toMatchObject({ counts: { unchanged: 3 } });
});

test('the new primary address leaves the other addresses, and the former one joins them', async () => {
  accounts = [account(1, 'Ada', { proxyAddresses: ['SMTP:ada@example.org', 'smtp:al@example.org'] })];
  await syncing.sync(connection);
  accounts = [account(1, 'Ada', { proxyAddresses: ['smtp:ada@example.org', 'SMTP:al@example.org'] })];
  expect(await syncing.sync(connection)).toMatchObject({ counts: { updated: 1 } });
  expect(await emails()).toEqual({ Ada: ['al@example.org', 'ada@example.org'] });
});

test('contacts of expired accounts are deactivated, and reactivated when the accounts are prolonged; built-in accounts are no people', async () => {
  const inAnHour = String(fileTime(new Date(Date.now() + 3_600_000)));
  const aSecondAgo = String(fileTime(new Date(Date.now() - 1000)));
  accounts = [
    account(1, 'Ada', { accountExpires: '0' }),
    account(2, 'Bob', { accountExpires: '9223372036854775807' }),
    account(3, 'Eve', { accountExpires: inAnHour }),
    account(4, 'Max', { accountExpires: aSecondAgo }),
    account(5, 'Administrator'),
    account(6, 'Gast', { objectSid: Buffer.from('010500000000000515000000010000000200000003000000f5010000', 'hex') }),
    account(7, 'krbtgt', { isCriticalSystemObject: 'TRUE' }),
    account(8, 'PC01$', { userAccountControl: '4096' }),
  ];
  const first = await syncing.sync(connection);
  expect(first).toMatchObject({ counts: { read: 8, created: 3 }, excluded: { DISABLED: 1, NOT_A_PERSON: 4 } });

  accounts = accounts.map((one) => (one.cn === 'Eve' ? { ...one, accountExpires: aSecondAgo } : one));
  expect(await syncing.sync(connection)).toMatchObject({ counts: { deactivated: 1, unchanged: 2 } });
  accounts = accounts.map((one) => (one.cn === 'Eve' ? { ...one, accountExpires: inAnHour } : one));
  expect(await syncing.sync(connection)).toMatchObject({ counts: { reactivated: 1, unchanged: 2 } });
});
