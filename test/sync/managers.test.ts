import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { forgetUnneeded } from '../../src/db/contact/forget-unneeded.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, type Changes, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

const mappings = [
  map('DISPLAY_NAME', 'displayName'),
  map('PRIMARY_EMAIL', 'mail'),
  map('CITY', 'l'),
  map('MANAGER', 'manager'),
];

/** `of('ada', 'boss')`: ada, whose manager is boss. */
const of = (uid: string, manager?: string, more: LdifEntry['attributes'] = {}): LdifEntry =>
  somebody(uid, {
    ...(manager === undefined ? {} : { manager: manager.includes('=') ? manager : dn(manager) }),
    ...more,
  });

describe('the managers of a directory', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
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

  const connect = (changes: Changes = {}) =>
    syncing.createConnection(slapd, { mappings, removal: removal(), ...changes });
  const imported = async (people: LdifEntry[], changes: Changes = {}): Promise<string> => {
    await slapd.refill([unit, ...people]);
    const id = await connect(changes);
    expect(await syncing.sync(id)).toMatchObject({ status: 'SUCCEEDED', counts: { skipped: 0, failed: 0 } });
    return id;
  };
  /** Each contact's manager by name; contacts without one are left out. */
  const managers = async (): Promise<Record<string, string>> => {
    const contacts = await syncing.rows<{ id: string; display_name: string }>('SELECT id, display_name FROM contact');
    const found = await syncing.workspace.managersOf(contacts.map(({ id }) => id));
    const named = contacts.flatMap(({ id, display_name }) => {
      const manager = found.get(id);
      return manager === undefined ? [] : [[display_name, manager.values.DISPLAY_NAME ?? '']];
    });
    return Object.fromEntries(named.sort());
  };
  const idOf = async (name: string): Promise<string> =>
    (await syncing.rows<{ id: string }>('SELECT id FROM contact WHERE display_name = $1', [name]))[0]?.id ?? '';
  const reports = async (name: string): Promise<string[]> => {
    const { nodes } = await syncing.workspace.reportsPage(await idOf(name), { first: 50, after: null });
    return nodes.map(({ values }) => values.DISPLAY_NAME ?? '');
  };

  test('are linked, whether they or their reports are read first', async () => {
    await imported([of('ada', 'boss'), of('boss', 'chief'), of('zoe', 'boss'), of('chief')]);
    expect(await managers()).toEqual({ ADA: 'BOSS', BOSS: 'CHIEF', ZOE: 'BOSS' });
    expect(await reports('BOSS')).toEqual(['ADA', 'ZOE']);
    expect(await reports('ZOE')).toEqual([]);
  });

  test('are linked when they are on other pages', async () => {
    const people = Array.from({ length: 30 }, (_, i) => of(`p${i}`, `p${(i + 17) % 30}`));
    await imported(people, { source: { pageSize: 5 } });
    expect(await managers()).toEqual(Object.fromEntries(people.map((_, i) => [`P${i}`, `P${(i + 17) % 30}`]).sort()));
  });

  test('are found however their DN is spelled', async () => {
    const awkward: LdifEntry = {
      dn: 'cn=Böss\\, \\"The One\\"+uid=awk,ou=people,dc=example,dc=org',
      attributes: { ...of('awk').attributes, cn: 'Böss, "The One"' },
    };
    await imported([
      awkward,
      of('boss'),
      of('ada', 'UID=Boss , OU=People, DC=EXAMPLE,dc=org'),
      of('bea', 'uid=awk+cn=b\\C3\\B6ss\\2C \\22the one\\22,ou=people,dc=example,dc=org'),
    ]);
    expect(await managers()).toEqual({ ADA: 'BOSS', BEA: 'AWK' });
  });

  test("may be their own managers, or each other's", async () => {
    await imported([of('ada', 'ada'), of('bea', 'cy'), of('cy', 'bea')]);
    expect(await managers()).toEqual({ ADA: 'ADA', BEA: 'CY', CY: 'BEA' });
    expect(await reports('ADA')).toEqual(['ADA']);
  });

  test('who are out of scope or unknown are no error, and are counted in one line', async () => {
    const connection = await imported(
      [of('boss', undefined, { l: 'away' }), of('ada', 'boss'), of('bea', 'nobody'), of('cy', 'ada')],
      { scope: scopeOf({ filter: '(!(l=away))' }) },
    );
    expect(await managers()).toEqual({ CY: 'ADA' });
    const [run] = await syncing.rows<{ id: string }>('SELECT id FROM run');
    const lines = (await syncing.log(run?.id ?? '')).filter(({ code }) => code === 'MANAGER_UNKNOWN');
    expect(lines).toMatchObject([{ level: 'INFO', message: expect.stringContaining('2 people') }]);
    await slapd.modify(dn('boss'), { l: 'Paris' });
    await syncing.sync(connection);
    expect(await managers()).toEqual({ ADA: 'BOSS', CY: 'ADA' });
    const next = await syncing.sync(connection);
    expect(next.counts).toMatchObject({ unchanged: 4, updated: 0 });
    expect((await syncing.log(next.id)).map(({ code }) => code)).not.toContain('MANAGER_UNKNOWN');
  });

  test('who change move their reports, and a person without a manager any more has none', async () => {
    const connection = await imported([of('ada', 'boss'), of('bea', 'boss'), of('boss'), of('chief')]);
    await slapd.modify(dn('ada'), { manager: dn('chief') });
    await slapd.modify(dn('bea'), { manager: [] });
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ updated: 2, unchanged: 2 });
    expect(await managers()).toEqual({ ADA: 'CHIEF' });
    const shown = await syncing.workspace.changesPage(
      run.id,
      { action: 'UPDATE', search: null },
      { first: 10, after: null },
    );
    expect(shown.nodes.map(({ before, after }) => [before?.MANAGER, after?.MANAGER])).toEqual([
      [dn('boss'), dn('chief')],
      [dn('boss'), undefined],
    ]);
  });

  test.each(['FULL', 'INCREMENTAL'] as const)(
    'who are renamed or moved keep their reports, also those whose entries still say the old name (%s)',
    async (mode) => {
      const connection = await imported([of('ada', 'boss'), of('bea', 'boss'), of('boss')]);
      const next = async () => {
        const run = await syncing.sync(connection, { mode });
        expect(run).toMatchObject({ status: 'SUCCEEDED', mode });
        return run;
      };
      await slapd.rename(dn('boss'), 'uid=bigboss');
      await slapd.modify(dn('bea'), { manager: dn('bigboss') });
      expect((await next()).counts).toMatchObject({ unchanged: 2, updated: 1 });
      expect(await managers()).toEqual({ ADA: 'BOSS', BEA: 'BOSS' });
      expect(await reports('BOSS')).toEqual(['ADA', 'BEA']);
      // It makes no difference whether a report is looked at again.
      await slapd.modify(dn('ada'), { l: 'Rome' });
      await slapd.rename(dn('bigboss'), 'uid=hugeboss');
      await next();
      expect(await managers()).toEqual({ ADA: 'BOSS', BEA: 'BOSS' });
    },
  );

  describe('with former names', () => {
    const historyDays = 100;
    /** What was remembered is as old as after so many days, with a look at it each day. */
    const pass = async (days: number): Promise<void> => {
      for (let day = 0; day < days; day += 20) {
        await service.pool.query(`UPDATE former_person_ref SET needed_at = needed_at - interval '20 days'`);
        await forgetUnneeded(service.pool, historyDays);
      }
    };
    const formerNames = async () => (await syncing.rows('SELECT FROM former_person_ref')).length;

    test('are found by these as long as entries say them; then the names are forgotten, but not before the history', async () => {
      const connection = await imported([of('ada', 'boss'), of('boss')]);
      await slapd.rename(dn('boss'), 'uid=bigboss');
      await syncing.sync(connection);
      await slapd.rename(dn('bigboss'), 'uid=hugeboss');
      await syncing.sync(connection);
      expect(await formerNames()).toBe(2);
      await pass(80);
      expect(await formerNames()).toBe(2);
      await pass(400);
      // Nobody says the name in between.
      expect(await formerNames()).toBe(1);
      expect(await managers()).toEqual({ ADA: 'BOSS' });
      await slapd.modify(dn('ada'), { manager: dn('hugeboss') });
      await syncing.sync(connection);
      await pass(80);
      expect(await formerNames()).toBe(1);
      await pass(80);
      expect(await formerNames()).toBe(0);
      expect(await managers()).toEqual({ ADA: 'BOSS' });
    });

    test('who are renamed again and again leave few of them, and those that entries say', async () => {
      const connection = await imported([of('ada', 'boss'), of('boss')]);
      await slapd.rename(dn('boss'), 'uid=bigboss');
      await syncing.sync(connection);
      await service.pool.query(
        `INSERT INTO former_person_ref (workspace_id, connection_id, person_ref, external_id, needed_at)
         SELECT former.workspace_id, former.connection_id, gen_random_uuid(), former.external_id, now() + nth * interval '1 s'
         FROM former_person_ref AS former, generate_series(1, 12000) AS nth WHERE former.connection_id = $1`,
        [connection],
      );
      await forgetUnneeded(service.pool, historyDays);
      expect(await formerNames()).toBe(51);
      expect(await managers()).toEqual({ ADA: 'BOSS' });
    });
  });

  test('who get the former name of another person become the managers of people who name it', async () => {
    const connection = await imported([of('ada', 'boss'), of('boss'), of('chief')]);
    await slapd.rename(dn('boss'), 'uid=former');
    await slapd.rename(dn('chief'), 'uid=boss');
    await syncing.sync(connection);
    expect(await managers()).toEqual({ ADA: 'CHIEF' });
    await slapd.rename(dn('boss'), 'uid=chief');
    await slapd.rename(dn('former'), 'uid=boss');
    await syncing.sync(connection);
    expect(await managers()).toEqual({ ADA: 'BOSS' });
  });

  test('who are gone stay managers while their contact stays', async () => {
    const connection = await imported([of('ada', 'boss'), of('boss')]);
    await slapd.delete(dn('boss'));
    await syncing.sync(connection);
    expect(await managers()).toEqual({ ADA: 'BOSS' });
    expect(await syncing.rows(`SELECT status FROM contact WHERE display_name = 'BOSS'`)).toEqual([
      { status: 'INACTIVE' },
    ]);
  });

  test('whose contact is deleted are not shown until they come back', async () => {
    const connection = await imported([of('ada', 'boss'), of('boss')], { removal: removal({ action: 'DELETE' }) });
    await slapd.delete(dn('boss'));
    await syncing.sync(connection);
    expect(await managers()).toEqual({});
    await slapd.add(dn('boss'), of('boss').attributes);
    await syncing.sync(connection);
    expect(await managers()).toEqual({ ADA: 'BOSS' });
  });

  test('come from the connection that goes first, or from the other one if that names none', async () => {
    await slapd.refill([unit, of('ada', 'boss', { seeAlso: dn('chief') }), of('boss'), of('chief')]);
    const second = await connect({ priority: 20 });
    await syncing.sync(second);
    const first = await connect({
      priority: 10,
      mappings: [...mappings.filter(({ field }) => field !== 'MANAGER'), map('MANAGER', 'seeAlso')],
    });
    await syncing.sync(first);
    expect(await managers()).toEqual({ ADA: 'CHIEF' });
    await syncing.sync(second);
    expect(await managers()).toEqual({ ADA: 'CHIEF' });
    await slapd.modify(dn('ada'), { seeAlso: [] });
    await syncing.sync(first);
    await syncing.sync(second);
    expect(await managers()).toEqual({ ADA: 'BOSS' });
  });

  test('are people of the same connection: two directories may use the same names', async () => {
    await using other = await startSlapd({
      entries: [unit, of('boss', undefined, { mail: 'boss@elsewhere.example' })],
    });
    await imported([of('ada', 'boss')]);
    const elsewhere = await syncing.createConnection(other, { mappings });
    await syncing.sync(elsewhere);
    expect(await managers()).toEqual({});
    expect(await reports('BOSS')).toEqual([]);
    const contacts = await service.workspace();
    expect(await contacts.workspace.managersOf([await idOf('ADA')])).toEqual(new Map());
    expect((await contacts.workspace.reportsPage(await idOf('BOSS'), { first: 5, after: null })).nodes).toEqual([]);
  });

  test('outlive the connection that names them where another one feeds both', async () => {
    const first = await imported([of('ada', 'boss'), of('boss')], { priority: 10 });
    const second = await connect({ priority: 20 });
    await syncing.sync(second);
    await syncing.workspace.deleteConnection(first, 'KEEP', { kind: 'SERVICE', id: null, name: 'test' });
    expect(await managers()).toEqual({ ADA: 'BOSS' });
  });

  test('are planned, shown and held like every other value', async () => {
    await slapd.refill([unit, of('ada', 'boss'), of('boss')]);
    const connection = await connect();
    const dry = await syncing.sync(connection, { dryRun: true });
    const page = await syncing.workspace.changesPage(
      dry.id,
      { action: null, search: 'ada' },
      { first: 5, after: null },
    );
    expect(page.nodes[0]?.after).toMatchObject({ MANAGER: dn('boss') });
    const { id } = await syncing.sync(connection, { review: true });
    await syncing.approve(id);
    expect(await managers()).toEqual({ ADA: 'BOSS' });
    await slapd.modify(dn('ada'), { manager: [] });
    const held = await syncing.sync(connection, { review: true });
    expect(await managers()).toEqual({ ADA: 'BOSS' });
    await syncing.approve(held.id);
    expect(await managers()).toEqual({});
  });

  test('come along when contacts are merged', async () => {
    await imported([of('ada', 'boss'), of('boss')]);
    const kept = await syncing.addContact({ DISPLAY_NAME: 'Countess', CITY: 'London' });
    await syncing.workspace.mergeContacts(
      kept,
      await idOf('ADA'),
      (keep, drop) => ({ ...keep, values: { ...drop.values, ...keep.values } }),
      anna,
    );
    expect(await managers()).toEqual({ Countess: 'BOSS' });
    expect(await reports('BOSS')).toEqual(['Countess']);
  });

  test('have their reports page by page, in order of name, each counted', async () => {
    await imported([of('boss'), ...Array.from({ length: 7 }, (_, i) => of(`r${i}`, 'boss'))]);
    const boss = await idOf('BOSS');
    const seen: (string | undefined)[] = [];
    let after: string | null = null;
    for (let page = 0; page < 3; page++) {
      const { nodes, endCursor, hasNextPage, totalCount } = await syncing.workspace.reportsPage(boss, {
        first: 3,
        after,
      });
      expect([hasNextPage, await totalCount()]).toEqual([page < 2, 7]);
      seen.push(...nodes.map(({ values }) => values.DISPLAY_NAME));
      after = endCursor;
    }
    expect(seen).toEqual(['R0', 'R1', 'R2', 'R3', 'R4', 'R5', 'R6']);
    const many = await syncing.workspace.reportsPagesOf([boss, await idOf('R1'), uuidv7(), 'nonsense'], 2);
    expect(many(boss)).toMatchObject({
      hasNextPage: true,
      nodes: [{ id: await idOf('R0') }, { id: await idOf('R1') }],
    });
    expect(many('nonsense').nodes).toEqual([]);
    await expect(syncing.workspace.reportsPage(await idOf('R1'), { first: 3, after })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});
