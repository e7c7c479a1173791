import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Scope } from '../../src/core/connection.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

const place = (ou: string): string => `ou=${ou},ou=people,dc=example,dc=org`;
const placed = (uid: string, ou: string): LdifEntry => ({ ...somebody(uid), dn: `uid=${uid},${place(ou)}` });
const entries: LdifEntry[] = [
  unit,
  ...['Leavers', 'Sales\\2C north'].map((ou) => ({
    dn: place(ou),
    attributes: { objectClass: 'organizationalUnit', ou: ou.replace('\\2C', ',') },
  })),
  ...['ada', 'bob'].map((uid) => somebody(uid)),
  placed('eve', 'Leavers'),
  placed('max', 'Sales\\2C north'),
];

let slapd: Slapd;
let syncing: LoneSyncing;

beforeAll(async () => {
  slapd = await startSlapd();
  syncing = await createSyncing();
});
afterAll(async () => {
  await syncing?.close();
  await slapd?.close();
});
beforeEach(async () => {
  await slapd.refill(entries);
  await syncing.rows('DELETE FROM contact_link');
  await syncing.rows('DELETE FROM contact');
});

const connect = (scope: Partial<Scope>): Promise<string> =>
  syncing.createConnection(
    { ...slapd, baseDn: 'ou=people,dc=example,dc=org' },
    { scope: scopeOf(scope), mappings: [map('DISPLAY_NAME', 'displayName')], removal: removal() },
  );
const names = async (): Promise<unknown[]> =>
  (await syncing.contacts()).filter(({ status }) => status === 'ACTIVE').map(({ display_name }) => display_name);

test('people below excluded DNs are left out and counted, however the DNs are written', async () => {
  const connection = await connect({
    excludeBaseDns: ['OU=leavers , ou=People,dc=example,dc=ORG', 'ou="Sales, North",ou=people,dc=example,dc=org'],
  });
  const run = await syncing.sync(connection);
  expect(run).toMatchObject({
    status: 'SUCCEEDED',
    counts: { read: 4, created: 2 },
    excluded: { BELOW_EXCLUDED_DN: 2 },
  });
  expect(await names()).toEqual(['ADA', 'BOB']);
  const lines = (await syncing.log(run.id)).map(({ message }) => message);
  expect(lines).toContainEqual(expect.stringContaining('left out: 2 below an excluded DN'));
});

test('people below a DN that is excluded later are gone, and so are people who move there', async () => {
  const connection = await connect({});
  expect(await syncing.sync(connection)).toMatchObject({ counts: { created: 4 } });
  await syncing.edit(connection, { scope: scopeOf({ excludeBaseDns: [place('Leavers')] }) });
  expect(await syncing.sync(connection)).toMatchObject({ counts: { deactivated: 1 } });
  await slapd.rename(dn('bob'), 'uid=bob', place('Leavers'));
  expect(await syncing.sync(connection)).toMatchObject({ counts: { deactivated: 1 } });
  expect(await names()).toEqual(['ADA', 'MAX']);
  await syncing.edit(connection, { scope: scopeOf({}) });
  expect(await syncing.sync(connection)).toMatchObject({ counts: { reactivated: 2 } });
});

test('an excluded DN that no longer exists fails the run with its name, and nobody is imported', async () => {
  const connection = await connect({ excludeBaseDns: [place('Leavers')] });
  await syncing.sync(connection);
  await slapd.rename(place('Leavers'), 'ou=Former');
  const run = await syncing.sync(connection);
  expect(run).toMatchObject({ status: 'FAILED', error: { code: 'BASE_DN_NOT_FOUND' } });
  expect(run.error?.message).toContain(place('Leavers'));
  expect(await names()).toEqual(['ADA', 'BOB', 'MAX']);
});
