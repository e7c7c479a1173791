import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Ds389, startDs389 } from '../support/ds389.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { removal, sumOf } from './small-directory.ts';

const baseDn = 'dc=example,dc=org';

describe('runs on 389 Directory Server', () => {
  let server: Ds389;
  let service: SyncService;
  let places = 0;

  beforeAll(async () => {
    [server, service] = await Promise.all([
      startDs389({ memberOf: true, tombstones: true, retroChangelog: true }),
      openSyncing(),
    ]);
  }, 600_000);
  afterAll(async () => {
    await service?.close();
    await server?.close();
  });

  /** An organizational unit for one test, and a workspace with a connection that reads it. */
  async function setUp(mode: 'FULL' | 'INCREMENTAL', ...uids: string[]) {
    const people = `ou=place ${++places},${baseDn}`;
    await server.add(people, { objectClass: 'organizationalUnit' });
    const syncing = await service.workspace();
    const connection = await syncing.createConnection(server, { source: { baseDns: [people] }, removal: removal() });
    const add = async (uid: string, attributes: LdifEntry['attributes'] = {}) => {
      const dn = `uid=${uid},${people}`;
      const names = { objectClass: 'inetOrgPerson', cn: uid, sn: uid, mail: `${uid}.${places}@example.org` };
      await server.add(dn, { ...names, ...attributes });
      return dn;
    };
    for (const uid of uids) await add(uid);
    const sync = async () => {
      const run = await syncing.sync(connection, { mode });
      expect(run.counts && sumOf(run.counts)).toBe(run.counts?.inScope);
      return run;
    };
    return { people, syncing, connection, add, sync };
  }

  const ids = async (syncing: Syncing) =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, id }) => [display_name, id]));
  const statuses = async (syncing: Syncing) =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, status }) => [display_name, status]));
  const loud = async (syncing: Syncing, runId: string) =>
    (await syncing.log(runId)).filter(({ level }) => level === 'WARN' || level === 'ERROR');

  test('only people with another modifyTimestamp are read again', async () => {
    const { people, syncing, connection, sync, add } = await setUp('INCREMENTAL', 'ada', 'bo', 'cy');
    await add('locked', { nsAccountLock: 'true' });
    expect(await sync()).toMatchObject({ mode: 'FULL' });
    for (const city of ['Ulm', 'Rom', 'Bonn']) {
      await server.modify(`uid=ada,${people}`, { l: city });
      await server.rename(`uid=bo,${people}`, 'uid=bob');
      const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
      const run = await sync();
      expect(run).toMatchObject({ mode: 'INCREMENTAL', counts: { updated: 1 }, excluded: { DISABLED: 1 } });
      expect([run.counts, run.excluded]).toEqual([full.counts, full.excluded]);
      await server.rename(`uid=bob,${people}`, 'uid=bo');
    }
  });

  const hidden = '(targetattr="*")(version 3.0; acl "hidden"; deny (all) userdn="ldap:///anyone";)';

  const asReader = (rights: string) =>
    `(targetattr="*")(version 3.0; acl "log"; ${rights} userdn="ldap:///${server.bindDn}";)`;

  describe.each([
    ['FULL', 'deny (all)'],
    ['INCREMENTAL', 'deny (all)'],
    ['INCREMENTAL', 'allow (read,search,compare)'],
  ] as const)('by runs of mode %s, with these rights on the change log: %s,', (mode, rights) => {
    beforeAll(() => server.modify('cn=changelog', { aci: asReader(rights) }));

    test('a person whose account is locked by nsAccountLock, in any spelling, is deactivated, and reactivated when it is unlocked', async () => {
      const { people, syncing, sync, add } = await setUp(mode, 'ada', 'bo');
      await add('open', { nsAccountLock: 'false' });
      await sync();
      for (const [lock, bo] of [
        ['TRUE', 'INACTIVE'],
        ['false', 'ACTIVE'],
        ['true', 'INACTIVE'],
        [[], 'ACTIVE'],
      ] as const) {
        await server.modify(`uid=bo,${people}`, { nsAccountLock: [lock].flat() });
        const run = await sync();
        expect(run.mode).toBe(mode);
        expect(await loud(syncing, run.id)).toEqual([]);
        expect(await statuses(syncing)).toEqual({ ada: 'ACTIVE', bo, open: 'ACTIVE' });
      }
      expect(await syncing.contacts()).toHaveLength(3);
    });

    test('a person who is renamed or moved keeps the contact; a deleted person is gone, and the tombstone does not count', async () => {
      const { people, syncing, sync } = await setUp(mode, 'ada', 'bo', 'cy');
      await server.add(`ou=other,${people}`, { objectClass: 'organizationalUnit' });
      await sync();
      const before = await ids(syncing);

      await server.rename(`uid=ada,${people}`, 'uid=ada.lovelace', `ou=other,${people}`);
      await server.modify(`uid=ada.lovelace,ou=other,${people}`, { cn: 'Ada Lovelace', mail: 'lovelace@example.org' });
      await server.rename(`uid=bo,${people}`, 'uid=bob');
      await server.delete(`uid=cy,${people}`);
      const tombstones = ['-b', people, '(objectClass=nsTombstone)', 'uid'];
      expect(await server.search(tombstones)).toContain('uid: cy');
      expect(await sync()).toMatchObject({ mode, counts: { updated: 1, unchanged: 1, deactivated: 1, created: 0 } });
      expect(await ids(syncing)).toEqual({ 'Ada Lovelace': before.ada, bo: before.bo, cy: before.cy });
      expect(await statuses(syncing)).toEqual({ 'Ada Lovelace': 'ACTIVE', bo: 'ACTIVE', cy: 'INACTIVE' });
      expect(await sync()).toMatchObject({ counts: { read: 2, unchanged: 2, reactivated: 0 } });
    });

    test('an account that loses all its rights finds nobody, without an error: nobody is removed, although the limits would allow it', async () => {
      const { people, syncing, sync } = await setUp(mode, 'ada', 'bo');
      await sync();
      await server.modify(people, { aci: hidden });
      const run = await sync();
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { read: 0, deactivated: 0 } });
      expect(await loud(syncing, run.id)).toMatchObject([
        {
          code: 'INCOMPLETE_READ',
          message: expect.stringContaining(`Neither "${people}" nor anybody below it can be seen`),
        },
      ]);
      expect(await statuses(syncing)).toEqual({ ada: 'ACTIVE', bo: 'ACTIVE' });
      await server.modify(people, { aci: [] });
      expect(await sync()).toMatchObject({ status: 'SUCCEEDED', counts: { unchanged: 2 } });
    });

    test('if the account sees the base but no people any more, the log says so, and the run is held', async () => {
      const { people, syncing, connection, sync } = await setUp(mode, 'ada', 'bo', 'cy');
      await syncing.edit(connection, { removal: { maxPercent: null } });
      await sync();
      await server.modify(people, { aci: hidden.replace('(version', '(targetfilter="(uid=*)")(version') });
      const run = await sync();
      expect(run).toMatchObject({ status: 'HELD', counts: { read: 0, deactivated: 3 } });
      expect(await loud(syncing, run.id)).toMatchObject([{ code: 'EMPTY_READ' }, {}]);
      expect(await statuses(syncing)).toEqual({ ada: 'ACTIVE', bo: 'ACTIVE', cy: 'ACTIVE' });
      await syncing.reject(run.id);
    });
  });

  test.each<['FULL' | 'INCREMENTAL', string, Record<string, string | string[]>]>([
    ['FULL', 'nsPagedSizeLimit', { nsPagedSizeLimit: '2' }],
    ['INCREMENTAL', 'nsPagedSizeLimit', { nsPagedSizeLimit: [], nsSizeLimit: '2' }],
    ['FULL', 'nsPagedLookThroughLimit', { nsPagedLookThroughLimit: '1' }],
    ['INCREMENTAL', 'nsPagedLookThroughLimit', { nsLookThroughLimit: '1' }],
  ])(
    'a limit of the account ends a run of mode %s as SIZE_LIMIT, with %s as advice, and removes nobody: %j',
    async (mode, advice, limits) => {
      const { syncing, connection, sync } = await setUp(mode, 'ada', 'bo', 'cy', 'di');
      await syncing.edit(connection, { source: { pageSize: 1 } });
      await sync();
      const before = await server.search(['-b', server.bindDn, '-s', 'base', ...Object.keys(limits)]);
      await server.modify(server.bindDn, limits);
      try {
        const run = await sync();
        expect(run).toMatchObject({ status: 'FAILED', error: { code: 'SIZE_LIMIT' } });
        expect(run.error?.hint).toContain(advice);
        expect(Object.values(await statuses(syncing))).toEqual(Array(4).fill('ACTIVE'));
      } finally {
        const was = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(before)?.[1] ?? [];
        await server.modify(server.bindDn, Object.fromEntries(Object.keys(limits).map((name) => [name, was(name)])));
      }
      expect(await sync()).toMatchObject({ status: 'SUCCEEDED', mode, counts: { unchanged: 4 } });
    },
  );

  test('people whom the account may not see do not displace others on a page', async () => {
    const { people, syncing, connection, add, sync } = await setUp('FULL');
    const shownOnly = '(targetfilter="(&(uid=*)(!(employeeType=shown)))")';
    for (let i = 0; i < 20; i++) await add(`p${i}`, i % 10 === 9 ? { employeeType: 'shown' } : {});
    await server.modify(people, { aci: hidden.replace('(version', `${shownOnly}(version`) });
    for (const pageSize of [1, 2, 3]) {
      await syncing.edit(connection, { source: { pageSize } });
      const run = await sync();
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { inScope: 2, deactivated: 0 } });
      expect(await loud(syncing, run.id)).toEqual([]);
    }
    expect(Object.keys(await statuses(syncing))).toEqual(['p19', 'p9']);
  });

  test('a group, given by DN or by name, lets in its members with and without memberOf', async () => {
    const { people, syncing, connection, sync } = await setUp('FULL', 'ada', 'bo', 'cy');
    const group = `cn=staff ${places},${people}`;
    await server.add(group, { objectClass: 'groupOfNames', member: [`uid=ada,${people}`, `UID=BO, ${people}`] });
    expect(await server.search(['-b', people, '(uid=ada)', 'memberOf'])).toContain(`memberOf: ${group}`);
    const { scope } = await syncing.connection(connection);
    await syncing.edit(connection, { scope: { ...scope, groups: [group] } });
    expect(await sync()).toMatchObject({ counts: { created: 2 } });
    await syncing.edit(connection, { scope: { ...scope, groups: [`staff ${places}`] } });
    expect(await sync()).toMatchObject({ counts: { unchanged: 2 } });
    await server.change(`dn: ${group}\nchangetype: modify\ndelete: member\nmember: uid=ada,${people}\n`);
    expect(await sync()).toMatchObject({ counts: { unchanged: 1, deactivated: 1 } });
    expect(await statuses(syncing)).toEqual({ ada: 'INACTIVE', bo: 'ACTIVE' });
  });
});
