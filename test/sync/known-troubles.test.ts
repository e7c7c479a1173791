import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { type Changes, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

/** Troubles that users of other directory syncs have reported, and how this one behaves. */
describe('a directory sync', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  const uids = Array.from({ length: 25 }, (_, i) => `p${String(i).padStart(2, '0')}`);
  const names = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail')];

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    syncing = await service.workspace();
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  const imported = async (changes: Changes = {}): Promise<string> => {
    const connection = await syncing.createConnection(slapd, { mappings: names, ...changes });
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED' });
    return connection;
  };
  const contactOf = async (name: string) =>
    (await syncing.contacts()).find(({ display_name }) => display_name === name) as Record<string, unknown> | undefined;
  const warnings = async (runId: string) =>
    (await syncing.log(runId)).filter(({ level }) => level === 'WARN').map(({ message }) => message);

  describe('if all people seem to be gone', () => {
    beforeEach(() => slapd.refill([unit, ...uids.map((uid) => somebody(uid, { employeeType: 'staff' }))]));
    const standard = { removal: removal({ action: 'DELETE', maxPercent: null }) };
    const staff = { scope: scopeOf({ filter: '(employeeType=staff)' }) };

    test.each<[string, Changes, Changes, () => Promise<unknown>]>([
      [
        'a filter that was edited wrongly',
        standard,
        { scope: scopeOf({ filter: '(employeeType=stafff)' }) },
        async () => {},
      ],
      [
        'addresses that are required and lost',
        { ...standard, scope: scopeOf({ requireEmail: true }) },
        {},
        () => Promise.all(uids.map((uid) => slapd.modify(dn(uid), { mail: [] }))),
      ],
      [
        'a flag that changes for everybody',
        { ...standard, ...staff },
        {},
        () => Promise.all(uids.map((uid) => slapd.modify(dn(uid), { employeeType: 'former' }))),
      ],
      ['entries that are deleted', standard, {}, () => slapd.refill([unit])],
    ])('is held and deletes nobody, whatever the cause: %s', async (_, saved, edited, happen) => {
      const connection = await imported(saved);
      const before = await syncing.contacts();
      await happen();
      await syncing.edit(connection, edited);
      const run = await syncing.sync(connection);
      expect(run).toMatchObject({ status: 'HELD', counts: { deleted: uids.length } });
      expect(run.holdReasons).not.toEqual([]);
      expect(await syncing.contacts()).toEqual(before);
    });

    test('and the filter is corrected within the grace, keeps everybody with all their data', async () => {
      const connection = await imported({ removal: removal({ action: 'DELETE', graceDays: 7 }), ...staff });
      const before = await syncing.contacts();
      await syncing.edit(connection, { scope: scopeOf({ filter: '(employeeType=stafff)' }) });
      await syncing.sync(connection);
      const waiting = await syncing.contacts();
      expect(waiting.every(({ removal_due_at, status }) => removal_due_at !== null && status === 'ACTIVE')).toBe(true);
      await syncing.edit(connection, staff);
      await syncing.sync(connection);
      const values = ({ id, display_name, primary_email, status, removal_due_at }: Record<string, unknown>) => [
        [id, display_name, primary_email, status, removal_due_at],
      ];
      expect((await syncing.contacts()).map(values)).toEqual(before.map(values));
    });
  });

  test('names both people with one address in the line of each, skips them at each run, and imports the rest', async () => {
    const same = { mail: 'shared@example.org' };
    await slapd.refill([unit, somebody('ada', same), somebody('bob', same), somebody('cy')]);
    const connection = await imported({ removal: removal() });
    for (const mode of ['FULL', 'INCREMENTAL', 'FULL'] as const) {
      const before = await syncing.contacts();
      const run = await syncing.sync(connection, { mode });
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { skipped: 2, unchanged: 1, updated: 0, created: 0 } });
      expect(await syncing.contacts()).toEqual(before);
      const said = await warnings(run.id);
      expect(said.filter((line) => line.includes(dn('ada')) && line.includes(dn('bob')))).toHaveLength(2);
    }
  });

  test('counts the removed people, and shows and logs each of them by name', async () => {
    await slapd.refill([unit, ...uids.map((uid) => somebody(uid))]);
    const connection = await imported({ removal: removal() });
    const left = uids.slice(0, 3);
    for (const uid of left) await slapd.delete(dn(uid));
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ deactivated: 3, deleted: 0 });
    const changes = await syncing.workspace.changesPage(
      run.id,
      { action: 'DEACTIVATE', search: null },
      { first: 50, after: null },
    );
    expect(changes.nodes.map(({ person }) => person).sort()).toEqual(left.map(dn));
    const lines = (await syncing.log(run.id)).filter(({ code }) => code === 'CONTACT_DEACTIVATED');
    expect(lines.map(({ person }) => person).sort()).toEqual(left.map(dn));
    const inactive = (await syncing.contacts()).filter(({ status }) => status === 'INACTIVE');
    expect(inactive.map(({ display_name }) => display_name)).toEqual(left.map((uid) => uid.toUpperCase()));
  });

  test('clears values that the source has emptied unless the mapping keeps them, and leaves unmapped fields alone', async () => {
    const said = { title: 'Boss', l: 'Bath', ou: 'Sales' };
    await slapd.refill([unit, somebody('ada', said)]);
    const mappings = [
      ...names,
      map('JOB_TITLE', 'title'),
      map('CITY', 'l', { whenEmpty: 'KEEP' }),
      map('DEPARTMENT', 'ou'),
    ];
    const connection = await imported({ mappings, removal: removal({ maxEmptiedPercent: null }) });
    await syncing.editContact(String((await contactOf('ADA'))?.id), `notes = 'by hand'`);
    await syncing.edit(connection, { mappings: mappings.filter(({ field }) => field !== 'DEPARTMENT') });
    await slapd.modify(dn('ada'), { title: [], l: [], ou: [] });
    await syncing.sync(connection);
    expect(await contactOf('ADA')).toMatchObject({
      job_title: null,
      city: 'Bath',
      department: 'Sales',
      notes: 'by hand',
    });
  });

  test('lets two connections feed one person without changes from run to run', async () => {
    await slapd.refill([unit, somebody('ada', { title: 'Boss', employeeType: 'Clerk', l: 'Bath', st: 'Avon' })]);
    const make = (title: string, city: string, priority: number) =>
      syncing.createConnection(slapd, {
        mappings: [...names, map('JOB_TITLE', title), map('CITY', city)],
        removal: removal(),
        priority,
      });
    const connections = [await make('title', 'l', 2), await make('employeeType', 'st', 1)];
    for (let round = 0; round < 2; round++) for (const one of connections) await syncing.sync(one);
    const before = await contactOf('ADA');
    expect(before).toMatchObject({ job_title: 'Clerk', city: 'Avon' });
    for (const mode of ['FULL', 'INCREMENTAL'] as const)
      for (const one of connections) expect((await syncing.sync(one, { mode })).counts).toMatchObject({ updated: 0 });
    expect(await contactOf('ADA')).toEqual(before);
  });
});
