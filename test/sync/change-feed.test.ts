import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/core/records.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type RequestProxy, startRequestProxy } from '../support/request-proxy.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { type Changes, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

const uids = Array.from({ length: 12 }, (_, i) => `p${String(i).padStart(2, '0')}`);
const mappings = [map('DISPLAY_NAME', 'cn'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];
const staff = 'cn=staff,dc=example,dc=org';

/** What a request asks for, by what is in it. */
const isFeed = (bytes: Buffer): boolean => bytes.includes('1.3.6.1.4.1.4203.1.9.1.1');
const isSweep = (bytes: Buffer): boolean =>
  bytes.includes('entryCSN') && !bytes.includes('modifyTimestamp') && !bytes.includes('userAccountControl');
const isPerson = (bytes: Buffer): boolean => bytes.includes('userAccountControl') && !bytes.includes('modifyTimestamp');
const isWhoAmI = (bytes: Buffer): boolean => bytes.includes('1.3.6.1.4.1.4203.1.11.3');

const nothingToDo = { created: 0, updated: 0, linked: 0, reactivated: 0, deactivated: 0, deleted: 0, failed: 0 };

describe.each<[string, string[]]>([
  ['and names all others besides', []],
  ['and logs what is deleted', ['syncprov-sessionlog 1000']],
])('a directory that tells what was touched (RFC 4533) %s', (_, logs) => {
  let slapd: Slapd;
  let proxy: RequestProxy;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;

  const connect = (changes: Changes = {}) =>
    syncing.createConnection(
      { ...slapd, url: proxy.url },
      { mappings, scope: scopeOf(), removal: removal({ maxPercent: 100 }), ...changes },
    );
  const ways: [RegExp, string][] = [
    [/which entries have been touched/, 'touched'],
    [/change marks of everybody were compared/, 'compared'],
  ];
  const wayOf = ({ modeReason }: RunRecord) => ways.find(([text]) => text.test(modeReason ?? ''))?.[1] ?? modeReason;
  /** A run that has read only what the directory told of. */
  const sync = async (): Promise<RunRecord> => {
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL' });
    expect(wayOf(run)).toBe('touched');
    return run;
  };
  const compared = async (because: RegExp): Promise<RunRecord> => {
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL' });
    expect(run.modeReason).toMatch(because);
    expect(wayOf(run)).toBe('compared');
    return run;
  };
  const cities = async () =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, city }) => [display_name, city]));
  const statuses = async () =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, status }) => [display_name, status]));
  const setCursor = (path: string, value: string) =>
    syncing.pool.query(
      `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '${path}', $2::jsonb) WHERE id = $1`,
      [connection, value],
    );

  beforeAll(async () => {
    slapd = await startSlapd({ modules: ['syncprov'], config: ['overlay syncprov', ...logs] });
    proxy = await startRequestProxy(slapd.port);
    service = await openSyncing();
  });
  beforeEach(async () => {
    proxy.before = () => {};
    await slapd.refill([unit, ...uids.map((uid) => somebody(uid))]);
    syncing = await service.workspace();
    connection = await connect();
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await service?.close();
    await proxy?.close();
    await slapd?.close();
  });

  test('is asked for nobody else, and the run counts as a full one', async () => {
    await slapd.modify(dn('p01'), { l: 'Ulm' });
    await slapd.delete(dn('p02'));
    await slapd.add(dn('new'), somebody('new').attributes);
    await slapd.rename(dn('p03'), 'uid=widowed');
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    let sweeps = 0;
    proxy.before = (bytes) => {
      if (isSweep(bytes)) sweeps++;
    };
    const run = await sync();
    expect(sweeps).toBe(0);
    expect(run.counts).toEqual(full.counts);
    expect(run.counts).toMatchObject({ read: 12, created: 1, updated: 1, deactivated: 1, unchanged: 10 });
    expect(await cities()).toMatchObject({ p01: 'Ulm' });
    expect((await sync()).counts).toMatchObject({ ...nothingToDo, read: 12, unchanged: 12 });
  });

  test.each<[string, (bytes: Buffer) => boolean, number]>([
    ['before it is asked', isFeed, 1],
    ['after it has told', isPerson, 1],
    ['at the end', isWhoAmI, 2],
  ])('loses no change that is made %s', async (_, isMeant, nth) => {
    await slapd.modify(dn('p00'), { l: 'Rom' });
    await slapd.modify(dn('p01'), { l: 'Rom' });
    let met = 0;
    proxy.before = async (bytes) => {
      if (!isMeant(bytes) || ++met !== nth) return;
      await slapd.modify(dn('p01'), { l: 'Ulm' });
      await slapd.modify(dn('p03'), { l: 'Ulm' });
      await slapd.delete(dn('p04'));
      await slapd.delete(dn('p00'));
      await slapd.add(dn('new'), somebody('new', { l: 'Ulm' }).attributes);
    };
    await sync();
    expect(met).toBeGreaterThanOrEqual(nth);
    proxy.before = () => {};
    await sync();
    expect(await cities()).toMatchObject({ p01: 'Ulm', p03: 'Ulm', new: 'Ulm', p02: null });
    expect(await statuses()).toMatchObject({ p00: 'INACTIVE', p04: 'INACTIVE', p05: 'ACTIVE' });
    expect((await sync()).counts).toMatchObject(nothingToDo);
  });

  test('loses no change that is made during the first read', async () => {
    const other = await connect();
    let met = 0;
    proxy.before = async (bytes) => {
      if (!isPerson(bytes) || ++met !== 1) return;
      await slapd.modify(dn('p01'), { l: 'Ulm' });
      await slapd.delete(dn('p02'));
    };
    const first = await syncing.sync(other);
    expect([first.mode, met]).toEqual(['FULL', 1]);
    proxy.before = () => {};
    connection = other;
    await sync();
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    expect(full.counts).toMatchObject({ ...nothingToDo, read: 11 });
  });

  test('finds who leaves the scope by a filter, by a base and by an excluded DN, and who comes back', async () => {
    const people = 'ou=people,dc=example,dc=org';
    for (const ou of ['ou=left', 'ou=team']) await slapd.add(`${ou},${people}`, { objectClass: 'organizationalUnit' });
    await slapd.add('ou=away,dc=example,dc=org', { objectClass: 'organizationalUnit' });
    await syncing.edit(connection, {
      source: { baseDns: [people] },
      scope: scopeOf({ filter: '(!(employeeType=away))', excludeBaseDns: [`ou=left,${people}`], requireEmail: true }),
    });
    await syncing.sync(connection);
    await slapd.modify(dn('p01'), { employeeType: 'away' });
    await slapd.rename(dn('p02'), 'uid=p02', 'ou=away,dc=example,dc=org');
    await slapd.rename(dn('p03'), 'uid=p03', `ou=left,${people}`);
    await slapd.modify(dn('p04'), { mail: [] });
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    const run = await sync();
    expect(run).toMatchObject({ counts: full.counts, excluded: full.excluded });
    expect(run.counts).toMatchObject({ deactivated: 4 });
    const again = await sync();
    expect(again).toMatchObject({ counts: { ...nothingToDo, read: 10, inScope: 8 }, excluded: full.excluded });
    await slapd.modify(dn('p01'), { employeeType: [] });
    await slapd.rename('uid=p02,ou=away,dc=example,dc=org', 'uid=p02', `ou=team,${people}`);
    await slapd.rename(`uid=p03,ou=left,${people}`, 'uid=p03', people);
    await slapd.modify(dn('p04'), { mail: 'p04@example.org' });
    expect((await sync()).counts).toMatchObject({ reactivated: 4, deactivated: 0, read: 12 });
  });

  test('knows that people move with their unit, and compares all then', async () => {
    const people = 'ou=people,dc=example,dc=org';
    await syncing.edit(connection, { source: { baseDns: [people] } });
    await slapd.add(`ou=team,${people}`, { objectClass: 'organizationalUnit' });
    await slapd.add(`uid=t1,ou=team,${people}`, somebody('t1').attributes);
    await syncing.sync(connection);
    await slapd.rename(`ou=team,${people}`, 'ou=away', 'dc=example,dc=org');
    expect((await compared(/"ou=away,.*entries below it/)).counts).toMatchObject({ deactivated: 1 });
    await sync();
    await slapd.rename('ou=away,dc=example,dc=org', 'ou=team', people);
    expect((await compared(/entries below it/)).counts).toMatchObject({ reactivated: 1 });
  });

  test('looks again at people who were skipped, whose contact was changed here, or who are not linked any more', async () => {
    await slapd.modify(dn('p01'), { mail: 'p00@example.org', l: 'Ulm' });
    await slapd.add(dn('twin'), somebody('twin', { mail: 'p05@example.org', l: 'Ulm' }).attributes);
    expect((await sync()).counts).toMatchObject({ skipped: 2 });
    expect((await sync()).counts).toMatchObject({ skipped: 2, unchanged: 11 });
    await slapd.modify(dn('p00'), { mail: 'other@example.org' });
    await slapd.delete(dn('p05'));
    await sync();
    await sync();
    expect(await cities()).toMatchObject({ p01: 'Ulm', twin: 'Ulm' });
    const [contact] = await syncing.rows<{ id: string }>(`SELECT id FROM contact WHERE display_name = 'p01'`);
    await syncing.editContact(contact?.id ?? '', `city = 'By hand'`);
    expect((await sync()).counts).toMatchObject({ updated: 1 });
    expect(await cities()).toMatchObject({ p01: 'Ulm' });
    await syncing.pool.query(`DELETE FROM contact_link WHERE connection_id = $1 AND person = $2`, [
      connection,
      dn('p07'),
    ]);
    expect((await compared(/not all people whom the last run brought/)).counts).toMatchObject({ read: 12, linked: 1 });
    await sync();
  });

  test('is read whole when many have been touched', async () => {
    const many = Array.from({ length: 130 }, (_, i) => `m${i}`);
    await slapd.change(many.map((uid) => `dn: ${dn(uid)}\n${ldifOf(uid)}\n`).join(''));
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      mode: 'FULL',
      counts: { read: 142, created: 130, unchanged: 12 },
    });
    expect(run.modeReason).toContain('So many people have changed');
    await slapd.delete(dn('m7'));
    expect((await sync()).counts).toMatchObject({ deactivated: 1, unchanged: 141 });
  });

  test('goes on from the same place after a run that was cut off, held and rejected, or dry', async () => {
    await slapd.modify(dn('p01'), { l: 'Rom' });
    await slapd.delete(dn('p02'));
    const cut = new AbortController();
    proxy.before = (bytes) => {
      if (isPerson(bytes)) cut.abort(new Error('handed back'));
    };
    const runId = await syncing.start(connection);
    await syncing.carryOut(runId, cut.signal);
    proxy.before = () => {};
    expect(await statuses()).toMatchObject({ p02: 'ACTIVE' });
    expect(await syncing.carryOut(runId)).toMatchObject({ counts: { updated: 1, deactivated: 1 } });
    await slapd.modify(dn('p01'), { l: 'Ulm' });
    const held = await syncing.sync(connection, { review: true });
    await syncing.reject(held.id);
    await slapd.modify(dn('p03'), { l: 'Ulm' });
    const dry = await syncing.sync(connection, { dryRun: true });
    expect(dry.counts).toMatchObject({ updated: 2 });
    expect((await sync()).counts).toEqual(dry.counts);
  });

  test('is read whole when it lacks changes that it had, such as after a restore or on a slow replica', async () => {
    const [row] = await syncing.rows<{ place: Record<string, Record<string, string>> }>(
      `SELECT read_cursor #> '{from,cursor,feed,place}' AS place FROM connection`,
    );
    const ahead = Object.fromEntries(
      Object.entries(row?.place ?? {}).map(([context]) => [
        context,
        { '000': '29990101000000.000000Z#000000#000#000000' },
      ]),
    );
    await setCursor('{from,cursor,feed,place}', JSON.stringify(ahead));
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ mode: 'FULL', modeReason: expect.stringContaining('lacks changes') });
    await sync();
  });

  test.each<[string, string, RegExp]>([
    ['that is no place', '"x"', /has not noted where/],
    ['with numbers that are none', '{"dc=example":{"000":"now"}}', /has not noted where/],
    ['of other databases', '{}', /has not noted where the server stood with "dc=example,dc=org"/],
  ])('compares all after a place %s', async (_, place, because) => {
    await slapd.modify(dn('p01'), { l: 'Ulm' });
    await setCursor('{from,cursor,feed,place}', place);
    expect((await compared(because)).counts).toMatchObject({ updated: 1 });
    await sync();
  });

  test.each<[string, boolean]>([
    ['groups whose members come in', true],
    ['groups whose members are left out', false],
  ])('is believed for a scope with %s, as long as the groups have the same members', async (_, comeIn) => {
    const members = (list: string[]) => ({ member: list.map(dn) });
    await slapd.add(staff, { objectClass: 'groupOfNames', ...members(uids.slice(0, 9)) });
    await slapd.add('cn=club,dc=example,dc=org', { objectClass: 'groupOfNames', ...members(['p10', 'p11']) });
    const groups = comeIn ? { groups: [staff] } : { excludeGroups: [staff] };
    await syncing.edit(connection, { scope: scopeOf(groups) });
    const first = await syncing.sync(connection);
    await slapd.modify(dn('p00'), { l: 'Ulm' });
    await slapd.modify(dn('p11'), { l: 'Ulm' });
    await slapd.modify('cn=club,dc=example,dc=org', members(['p10']));
    expect(await sync()).toMatchObject({ counts: { updated: 1, read: first.counts.read }, excluded: first.excluded });
    await slapd.modify(staff, members([...uids.slice(1, 9), 'p11']));
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    const run = await compared(/its groups have other members/);
    expect(run).toMatchObject({ counts: { ...full.counts, deactivated: 1 }, excluded: full.excluded });
    expect((await sync()).counts).toMatchObject(nothingToDo);
  });
});

function ldifOf(uid: string): string {
  return Object.entries(somebody(uid).attributes)
    .map(([name, value]) => `${name}: ${String(value)}\n`)
    .join('');
}
