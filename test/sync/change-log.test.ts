import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/core/records.ts';
import { sources } from '../../src/sync/source/sources.ts';
import { type Ds389, startDs389 } from '../support/ds389.ts';
import { ldapSettings, openOptions, scopeOf } from '../support/ldap-reading.ts';
import { type RequestProxy, startRequestProxy } from '../support/request-proxy.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { map, removal } from './small-directory.ts';

const baseDn = 'dc=example,dc=org';
const plugin = 'cn=Retro Changelog Plugin,cn=plugins,cn=config';
const uids = Array.from({ length: 12 }, (_, i) => `p${String(i).padStart(2, '0')}`);
const mappings = [map('DISPLAY_NAME', 'cn'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];

/** What a request asks for, by what is in it. */
const isLog = (bytes: Buffer): boolean => bytes.includes('targetUniqueId');
const isPerson = (bytes: Buffer): boolean => bytes.includes('nsAccountLock');
const isWhoAmI = (bytes: Buffer): boolean => bytes.includes('1.3.6.1.4.1.4203.1.11.3');
const isSweep = (bytes: Buffer): boolean =>
  bytes.includes('modifyTimestamp') && !isPerson(bytes) && !bytes.includes('entryUUID');

const nothingToDo = { created: 0, updated: 0, linked: 0, reactivated: 0, deactivated: 0, deleted: 0, failed: 0 };

describe('the change log of 389 Directory Server', () => {
  let server: Ds389;
  let proxy: RequestProxy;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;
  /** The base of the connection's people, one for each test. */
  let people: string;
  let places = 0;

  const dn = (uid: string): string => `uid=${uid},${people}`;
  const add = (uid: string, to = people) =>
    server.add(`uid=${uid},${to}`, { objectClass: 'inetOrgPerson', cn: uid, sn: uid, mail: `${uid}@example.org` });
  const addUnit = (unit: string) => server.add(unit, { objectClass: 'organizationalUnit' });
  const grant = (place: string, rights = 'allow (read,search,compare)') =>
    server.modify(place, {
      aci: `(targetattr="*")(version 3.0; acl "log"; ${rights} userdn="ldap:///${server.bindDn}";)`,
    });
  const told = async (): Promise<RunRecord> => {
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL' });
    expect(run.modeReason).toMatch(/which entries have been touched.*change log/);
    return run;
  };
  const compared = async (because: RegExp): Promise<RunRecord> => {
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL' });
    expect(run.modeReason).toMatch(/change marks of everybody were compared/);
    expect(run.modeReason).toMatch(because);
    return run;
  };
  const full = () => syncing.sync(connection, { mode: 'FULL', dryRun: true });
  const cities = async () =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, city }) => [display_name, city]));
  const statuses = async () =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, status }) => [display_name, status]));

  beforeAll(async () => {
    [server, service] = await Promise.all([startDs389({ retroChangelog: true, tombstones: true }), openSyncing()]);
    proxy = await startRequestProxy(server.port);
    await addUnit(`ou=away,${baseDn}`);
  }, 600_000);
  beforeEach(async () => {
    proxy.before = () => {};
    people = `ou=place ${++places},${baseDn}`;
    await addUnit(people);
    for (const uid of uids) await add(uid);
    syncing = await service.workspace();
    connection = await syncing.createConnection(
      { ...server, url: proxy.url },
      { source: { baseDns: [people] }, mappings, scope: scopeOf(), removal: removal() },
    );
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await service?.close();
    await proxy?.close();
    await server?.close();
  });

  test('tells who was added, changed, renamed, moved and deleted, and nobody else is asked for', async () => {
    await addUnit(`ou=team,${people}`);
    await server.modify(dn('p01'), { l: 'Ulm' });
    await server.delete(dn('p02'));
    await add('new');
    await server.rename(dn('p03'), 'uid=widowed');
    await server.modify(dn('widowed'), { cn: 'Widowed' });
    await server.rename(dn('p04'), 'uid=p04', `ou=team,${people}`);
    await server.rename(dn('p05'), 'uid=left', `ou=away,${baseDn}`);
    await add('brief');
    await server.delete(dn('brief'));
    const expected = await full();
    let sweeps = 0;
    proxy.before = (bytes) => {
      if (isSweep(bytes)) sweeps++;
    };
    const run = await told();
    expect(sweeps).toBe(0);
    expect(run.counts).toEqual(expected.counts);
    expect(run.counts).toMatchObject({ read: 11, created: 1, updated: 2, deactivated: 2, unchanged: 8 });
    expect(await cities()).toMatchObject({ p01: 'Ulm', Widowed: null });
    expect((await told()).counts).toMatchObject({ ...nothingToDo, read: 11, unchanged: 11 });
    await server.rename(`uid=left,ou=away,${baseDn}`, 'uid=p05', people);
    expect((await told()).counts).toMatchObject({ reactivated: 1, read: 12 });
  });

  test('shows who leaves the scope by a filter, and who comes back', async () => {
    await syncing.edit(connection, { scope: scopeOf({ filter: '(!(employeeType=away))', requireEmail: true }) });
    await syncing.sync(connection);
    await server.modify(dn('p01'), { employeeType: 'away' });
    await server.modify(dn('p04'), { mail: [] });
    const expected = await full();
    expect(await told()).toMatchObject({ counts: expected.counts, excluded: expected.excluded });
    expect(await statuses()).toMatchObject({ p01: 'INACTIVE', p04: 'INACTIVE' });
    await server.modify(dn('p01'), { employeeType: [] });
    await server.modify(dn('p04'), { mail: 'p04@example.org' });
    expect((await told()).counts).toMatchObject({ reactivated: 2, deactivated: 0, read: 12 });
  });

  test('is believed for a scope with groups, as long as the groups have the same members', async () => {
    const staff = `cn=staff,${people}`;
    const members = (list: string[]) => ({ member: list.map(dn) });
    await server.add(staff, { objectClass: 'groupOfNames', ...members(uids.slice(0, 9)) });
    await syncing.edit(connection, { scope: scopeOf({ groups: [staff] }) });
    await syncing.sync(connection);
    await server.modify(dn('p00'), { l: 'Ulm' });
    await server.modify(dn('p11'), { l: 'Ulm' });
    expect((await told()).counts).toMatchObject({ updated: 1 });
    await server.modify(staff, members([...uids.slice(1, 9), 'p11']));
    const expected = await full();
    const run = await compared(/its groups have other members/);
    expect(run.counts).toEqual(expected.counts);
    expect((await told()).counts).toMatchObject(nothingToDo);
  });

  test('does not tell of people who move with their unit: all are compared then', async () => {
    await addUnit(`ou=team,${people}`);
    await add('t1', `ou=team,${people}`);
    await told();
    await server.rename(`ou=team,${people}`, `ou=team ${places}`, `ou=away,${baseDn}`);
    expect((await compared(/"ou=team.* has been changed/)).counts).toMatchObject({ deactivated: 1 });
    await told();
    await server.rename(`ou=team ${places},ou=away,${baseDn}`, 'ou=team', people);
    expect((await compared(/has been changed/)).counts).toMatchObject({ reactivated: 1 });
  });

  test('has changes of entries that the account does not see: all are compared then', async () => {
    const hidden = '(targetattr="*")(version 3.0; acl "hidden"; deny (all) userdn="ldap:///anyone";)';
    for (const uid of ['p01', 'p07']) await server.modify(dn(uid), { aci: hidden });
    await server.modify(dn('p03'), { l: 'Ulm' });
    const expected = await full();
    const run = await compared(/that the bind account can not see/);
    expect(run.counts).toEqual(expected.counts);
    expect(run.counts).toMatchObject({ read: 10, updated: 1, deactivated: 2 });
    await server.modify(dn('p07'), { aci: [] });
    expect((await told()).counts).toMatchObject({ reactivated: 1, updated: 0 });
  });

  test('knows nothing of a database that was imported meanwhile: nobody is removed, and all are compared every hour', async () => {
    const file = join(tmpdir(), `import-${server.port}.ldif`);
    const exported = await server.search([
      '-b',
      baseDn,
      '(objectClass=*)',
      '*',
      'nsUniqueId',
      'aci',
      'modifyTimestamp',
    ]);
    const kept = exported.split(/\n{2,}/).filter((entry) => !/^(?:dn: uid=p0[12],|version)/m.test(entry));
    const later = new Date(Date.now() + 1000).toISOString().replace(/[-:T]|\.\d+/g, '');
    const changed = kept.map((entry) =>
      entry.startsWith(`dn: ${dn('p03')}`)
        ? entry.replace(/^modifyTimestamp: .*/m, `modifyTimestamp: ${later}\nl: Ulm`)
        : entry,
    );
    await writeFile(file, `${changed.join('\n\n')}\n`);
    try {
      await server.importOnline(file);
    } finally {
      await rm(file);
    }
    expect((await told()).counts).toMatchObject(nothingToDo);
    await syncing.rows(
      `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '{from,cursor,feed,compared}', to_jsonb(now() - interval '1 hour')) WHERE id = $1`,
      [connection],
    );
    expect((await compared(/it is time again/)).counts).toMatchObject({ ...nothingToDo, updated: 1, deactivated: 2 });
    expect(await cities()).toMatchObject({ p03: 'Ulm' });
    expect((await told()).counts).toMatchObject(nothingToDo);
  });

  test.each<[string, (bytes: Buffer) => boolean, number]>([
    ['before it is read', isLog, 1],
    ['after it was read', isPerson, 1],
    ['at the end', isWhoAmI, 2],
  ])('loses no change that is made %s', async (_, isMeant, nth) => {
    await server.modify(dn('p00'), { l: 'Rom' });
    await server.modify(dn('p01'), { l: 'Rom' });
    let met = 0;
    proxy.before = async (bytes) => {
      if (!isMeant(bytes) || ++met !== nth) return;
      await server.modify(dn('p01'), { l: 'Ulm' });
      await server.delete(dn('p04'));
      await server.delete(dn('p00'));
      await add('new');
    };
    // A person who is deleted meanwhile is no longer seen, so all may be compared.
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL' });
    expect(met).toBeGreaterThanOrEqual(nth);
    proxy.before = () => {};
    await told();
    expect(await cities()).toMatchObject({ p01: 'Ulm', new: null });
    expect(await statuses()).toMatchObject({ p00: 'INACTIVE', p04: 'INACTIVE', p05: 'ACTIVE' });
    expect((await told()).counts).toMatchObject(nothingToDo);
  });

  test.each(['cn=changelog', plugin])('is not used by an account that may not read %s', async (place) => {
    await server.modify(dn('p01'), { l: 'Ulm' });
    await server.delete(dn('p02'));
    await grant(place, 'deny (all)');
    try {
      const run = await compared(/because the bind account may not read the (settings of the )?change log/);
      expect(run.counts).toMatchObject({ updated: 1, deactivated: 1 });
    } finally {
      await grant(place);
    }
    await compared(/has not noted/);
    await told();
  });

  test.each([
    ['nsslapd-exclude-suffix', (inside: string) => inside],
    ['nsslapd-include-suffix', (inside: string) => inside],
    ['nsslapd-exclude-attrs', () => 'l'],
  ])('is not used if its setting %s leaves something out', async (name, value) => {
    await server.modify(plugin, { [name]: value(people) });
    try {
      await compared(/leave out a part of the directory/);
    } finally {
      await server.modify(plugin, { [name]: [] });
    }
  });

  test('can not be used with another id: the connection test and the proposal say which one to choose', async () => {
    const settings = ldapSettings(server, { baseDns: [people], idAttribute: 'entryUUID' });
    const [secrets, advice] = [
      { bindPassword: server.bindPassword },
      expect.stringContaining('set idAttribute to nsUniqueId'),
    ];
    const { checks } = await sources.LDAP.test(settings, secrets, openOptions());
    expect(checks.find(({ name }) => name === 'Changes')).toMatchObject({ status: 'OK', advice });
    expect((await sources.LDAP.settle(settings, secrets, openOptions())).reasons).toContainEqual(advice);
    const usual = await sources.LDAP.settle({ ...settings, idAttribute: null }, secrets, openOptions());
    expect(usual.reasons).not.toContainEqual(advice);
  });

  test('is in the words of the connection test', async () => {
    const settings = ldapSettings(server, { baseDns: [people] });
    const changes = async () =>
      (await sources.LDAP.test(settings, { bindPassword: server.bindPassword }, openOptions())).checks.find(
        ({ name }) => name === 'Changes',
      )?.detail;
    expect(await changes()).toContain('The server reports which entries have been touched');
    await grant('cn=changelog', 'deny (all)');
    expect(await changes()).toContain('because the bind account may not read the change log ("cn=changelog")');
    await grant('cn=changelog');
  });
});
