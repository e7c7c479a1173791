import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/core/records.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type RequestProxy, startRequestProxy } from '../support/request-proxy.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { type Changes, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

const uids = Array.from({ length: 12 }, (_, i) => `p${String(i).padStart(2, '0')}`);
const mappings = [map('DISPLAY_NAME', 'cn'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];

/** What a search asks for, recognised by its attributes. */
const isSweep = (bytes: Buffer): boolean =>
  bytes.includes('entryCSN') && !bytes.includes('modifyTimestamp') && !bytes.includes('userAccountControl');
const isOnePerson = (bytes: Buffer): boolean => bytes.includes('userAccountControl') && bytes.includes('uid=');
const isWhoAmI = (bytes: Buffer): boolean => bytes.includes('1.3.6.1.4.1.4203.1.11.3');

describe('an incremental run of a directory', () => {
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
  const sync = async (): Promise<RunRecord> => {
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL' });
    return run;
  };
  const cities = async () =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, city }) => [display_name, city]));
  const statuses = async () =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, status }) => [display_name, status]));
  /** How many people are read one by one during `work`. */
  const readOneByOne = async (work: () => Promise<unknown>): Promise<number> => {
    let count = 0;
    proxy.before = (bytes) => {
      if (isOnePerson(bytes)) count += bytes.toString('latin1').split('userAccountControl').length - 1;
    };
    await work();
    proxy.before = () => {};
    return count;
  };
  const nothingToDo = { created: 0, updated: 0, linked: 0, reactivated: 0, deactivated: 0, deleted: 0, failed: 0 };

  beforeAll(async () => {
    slapd = await startSlapd({ memberOf: true });
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

  test('reads only people who have changed or are new, finds who is gone, and has the counts of a full run', async () => {
    await slapd.modify(dn('p01'), { l: 'Ulm' });
    await slapd.delete(dn('p02'));
    await slapd.add(dn('new'), somebody('new').attributes);
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    let run: RunRecord | undefined;
    expect(
      await readOneByOne(async () => {
        run = await sync();
      }),
    ).toBe(2);
    expect(run?.counts).toEqual(full.counts);
    expect(run?.counts).toMatchObject({ read: 12, created: 1, updated: 1, deactivated: 1, unchanged: 10 });
    expect(await cities()).toMatchObject({ p01: 'Ulm' });
    expect(await readOneByOne(sync)).toBe(0);
  });

  test.each<[string, (bytes: Buffer) => boolean, number]>([
    ['before it looks', isSweep, 1],
    ['after it has looked who is there', isOnePerson, 1],
    ['after it has read who has changed', isWhoAmI, 2],
  ])('loses no change that is made %s', async (_, isMeant, nth) => {
    await slapd.modify(dn('p00'), { l: 'Rom' });
    await slapd.modify(dn('p01'), { l: 'Rom' });
    let met = 0;
    proxy.before = async (bytes) => {
      if (!isMeant(bytes) || ++met !== nth) return;
      await slapd.modify(dn('p01'), { l: 'Ulm' });
      await slapd.modify(dn('p03'), { l: 'Ulm' });
      await slapd.delete(dn('p04'));
      await slapd.add(dn('new'), somebody('new', { l: 'Ulm' }).attributes);
    };
    await syncing.sync(connection);
    expect(met).toBeGreaterThanOrEqual(nth);
    proxy.before = () => {};
    await sync();
    expect(await cities()).toMatchObject({ p00: 'Rom', p01: 'Ulm', p03: 'Ulm', new: 'Ulm', p02: null });
    expect(await statuses()).toMatchObject({ p04: 'INACTIVE', p05: 'ACTIVE' });
    expect((await sync()).counts).toMatchObject(nothingToDo);
  });

  test.each(['approved', 'rejected', 'cancelled'] as const)(
    'loses no change that is made while it is held and then %s',
    async (end) => {
      await slapd.modify(dn('p01'), { l: 'Rom' });
      const held = await syncing.sync(connection, { review: true });
      expect(held).toMatchObject({ status: 'HELD', mode: 'INCREMENTAL', counts: { updated: 1 } });
      await slapd.modify(dn('p02'), { l: 'Ulm' });
      if (end === 'approved') await syncing.approve(held.id);
      else if (end === 'rejected') await syncing.reject(held.id);
      else await syncing.runStore.cancel(syncing.workspaceId, held.id, held.startedBy);
      expect((await sync()).counts).toMatchObject({ updated: end === 'approved' ? 1 : 2 });
      expect(await cities()).toMatchObject({ p01: 'Rom', p02: 'Ulm' });
    },
  );

  test('removes nobody and keeps its cursor when it is cut off', async () => {
    await slapd.modify(dn('p01'), { l: 'Rom' });
    await slapd.delete(dn('p02'));
    const cut = new AbortController();
    proxy.before = (bytes) => {
      if (isOnePerson(bytes)) cut.abort(new Error('handed back'));
    };
    const runId = await syncing.start(connection);
    await syncing.carryOut(runId, cut.signal);
    proxy.before = () => {};
    expect(await statuses()).toMatchObject({ p02: 'ACTIVE' });
    expect(await syncing.carryOut(runId)).toMatchObject({
      status: 'SUCCEEDED',
      counts: { updated: 1, deactivated: 1 },
    });
    expect((await sync()).counts).toMatchObject(nothingToDo);
  });

  test('finds the same after a dry run', async () => {
    await slapd.modify(dn('p01'), { l: 'Rom' });
    const dry = await syncing.sync(connection, { dryRun: true });
    expect(dry).toMatchObject({ mode: 'INCREMENTAL', counts: { updated: 1 } });
    expect((await sync()).counts).toEqual(dry.counts);
  });

  test('stays incremental while people are gone, and removes their contacts when the grace is over', async () => {
    await syncing.edit(connection, { removal: { graceDays: 5 } });
    await syncing.sync(connection);
    await slapd.delete(dn('p02'));
    expect((await sync()).counts).toMatchObject({ deactivated: 0 });
    expect((await sync()).counts).toMatchObject(nothingToDo);
    await syncing.pool.query(
      `UPDATE contact_link SET gone_since = gone_since - interval '6 days' WHERE gone_since IS NOT NULL`,
    );
    expect((await sync()).counts).toMatchObject({ deactivated: 1 });
    expect(await statuses()).toMatchObject({ p02: 'INACTIVE' });
  });

  test('stays incremental while contacts of people who are gone are kept, and knows people who come back', async () => {
    await syncing.edit(connection, { removal: { action: 'KEEP' } });
    await syncing.sync(connection);
    await slapd.delete(dn('p02'));
    await sync();
    expect((await sync()).counts).toMatchObject(nothingToDo);
    await slapd.add(dn('p02'), somebody('p02', { l: 'Ulm' }).attributes);
    await sync();
    expect(await cities()).toMatchObject({ p02: 'Ulm' });
  });

  test('does not ask again for people whom the scope has left out, and counts them as a full one', async () => {
    await slapd.modify(dn('p01'), { mail: [] });
    await slapd.add('cn=staff,dc=example,dc=org', { objectClass: 'groupOfNames', member: uids.slice(0, 9).map(dn) });
    await syncing.edit(connection, { scope: scopeOf({ requireEmail: true, groups: ['cn=staff,dc=example,dc=org'] }) });
    const first = await syncing.sync(connection);
    expect(first.mode).toBe('FULL');
    let run: RunRecord | undefined;
    const work = async () => {
      run = await sync();
    };
    expect(await readOneByOne(work)).toBe(0);
    expect(run).toMatchObject({ excluded: first.excluded, counts: { read: first.counts.read, inScope: 8 } });
    // The groups have changed, and the people's entries have not.
    await slapd.modify('cn=staff,dc=example,dc=org', { member: [...uids.slice(1, 9), 'p11'].map(dn) });
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    await work();
    expect(run?.counts).toEqual(full.counts);
    expect(run?.excluded).toEqual(full.excluded);
    expect(await statuses()).toMatchObject({ p00: 'INACTIVE', p01: 'INACTIVE', p11: 'ACTIVE', p09: 'INACTIVE' });
    await slapd.modify(dn('p01'), { mail: 'p01@example.org' });
    await work();
    expect(await statuses()).toMatchObject({ p01: 'ACTIVE' });
  });

  test('checks people again who were skipped, or whose contact was changed here', async () => {
    await slapd.modify(dn('p01'), { mail: 'p00@example.org', l: 'Ulm' });
    expect((await sync()).counts).toMatchObject({ skipped: 1 });
    expect((await sync()).counts).toMatchObject({ skipped: 1, unchanged: 11 });
    await slapd.modify(dn('p00'), { mail: 'other@example.org' });
    await sync();
    await sync();
    expect(await cities()).toMatchObject({ p01: 'Ulm' });
    const [contact] = await syncing.rows<{ id: string }>(`SELECT id FROM contact WHERE display_name = 'p01'`);
    await syncing.editContact(contact?.id ?? '', `city = 'By hand'`);
    expect((await sync()).counts).toMatchObject({ updated: 1 });
    expect(await cities()).toMatchObject({ p01: 'Ulm' });
  });

  test('keeps people who were renamed or moved, and notices a whole unit that is moved out of the base and in again', async () => {
    await syncing.edit(connection, { source: { baseDns: ['ou=people,dc=example,dc=org'] } });
    await slapd.add('ou=team,ou=people,dc=example,dc=org', { objectClass: 'organizationalUnit', ou: 'team' });
    await slapd.add('uid=t1,ou=team,ou=people,dc=example,dc=org', somebody('t1').attributes);
    await syncing.sync(connection);
    const before = (await syncing.contacts()).map(({ id }) => id);
    await slapd.rename(dn('p03'), 'uid=widowed');
    expect((await sync()).counts).toMatchObject({ created: 0, deactivated: 0 });
    await slapd.rename('ou=team,ou=people,dc=example,dc=org', 'ou=away', 'dc=example,dc=org');
    expect((await sync()).counts).toMatchObject({ created: 0, deactivated: 1 });
    await slapd.rename('ou=away,dc=example,dc=org', 'ou=back', 'ou=people,dc=example,dc=org');
    expect((await sync()).counts).toMatchObject({ created: 0, reactivated: 1 });
    expect((await syncing.contacts()).map(({ id }) => id)).toEqual(before);
  });

  test('reads everybody in one search when many have changed', async () => {
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

  describe('becomes a full run', () => {
    const modeOf = async ({ id }: RunRecord) =>
      (await syncing.log(id)).filter(({ code }) => code === 'READ_MODE').map(({ message }) => message);

    test('the first time, with one line in the log', async () => {
      const run = await syncing.sync(await connect());
      expect(run).toMatchObject({
        mode: 'FULL',
        modeReason: 'There is no earlier run that read everybody and whose plan was applied.',
      });
      expect(await modeOf(run)).toEqual([`Reads everybody: ${run.modeReason}`]);
      expect(await modeOf(await sync())).toEqual([
        expect.stringMatching(/^Reads what has changed: The connection has not/),
      ]);
    });

    test.each<[string, () => Promise<unknown>, RegExp]>([
      ['that is asked for', async () => {}, /asked for/],
      ['after an edit', () => syncing.edit(connection, { name: 'Renamed' }), /has been edited/],
      [
        'a day after the last one',
        () =>
          syncing.pool.query(
            `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '{from,fullAt}', to_jsonb(now() - interval '25 hours')) WHERE id = $1`,
            [connection],
          ),
        /every 24 hours \(fullEvery\)/,
      ],
      [
        'after an update of the service that maps people differently',
        () =>
          syncing.pool.query(
            `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '{from,mappingVersion}', '"older"') WHERE id = $1`,
            [connection],
          ),
        /has been updated/,
      ],
      [
        'on another server',
        () =>
          syncing.pool.query(
            `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '{from,cursor,server}', '"other"') WHERE id = $1`,
            [connection],
          ),
        /Another server or account/,
      ],
      [
        'when the place can not be read any more',
        () =>
          syncing.pool.query(
            `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '{from,cursor,place}', '{}') WHERE id = $1`,
            [connection],
          ),
        /did not go by entryCSN/,
      ],
    ])('%s', async (what, prepare, reason) => {
      await prepare();
      const run = await syncing.sync(connection, what === 'that is asked for' ? { mode: 'FULL' } : {});
      expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'FULL', modeReason: expect.stringMatching(reason) });
      await sync();
    });

    test('if the mapping uses attributes that change without the entry, even if an incremental run is asked for', async () => {
      await syncing.edit(connection, { mappings: [...mappings, map('NOTES', 'memberOf')] });
      await syncing.sync(connection);
      const run = await syncing.sync(connection, { mode: 'INCREMENTAL' });
      expect(run).toMatchObject({ mode: 'FULL', modeReason: expect.stringContaining('memberOf') });
    });

    test('never because of fullEvery if an incremental one is asked for', async () => {
      await syncing.pool.query(
        `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '{from,fullAt}', to_jsonb(now() - interval '25 hours')) WHERE id = $1`,
        [connection],
      );
      expect(await syncing.sync(connection, { mode: 'INCREMENTAL' })).toMatchObject({ mode: 'INCREMENTAL' });
    });
  });
});

test('a server that refuses large pages is asked for usual ones', async () => {
  await using slapd = await startSlapd({
    entries: [unit, ...uids.map((uid) => somebody(uid))],
    limits: 'size=unlimited size.pr=11',
  });
  const service = await openSyncing();
  try {
    const syncing = await service.workspace();
    const connection = await syncing.createConnection(slapd, { mappings, scope: scopeOf(), source: { pageSize: 11 } });
    await syncing.sync(connection);
    await slapd.modify(dn('p01'), { l: 'Ulm' });
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL', counts: { read: 12, updated: 1 } });
  } finally {
    await service.close();
  }
});

describe('if a directory hides when entries were changed', () => {
  test('every run is a full one and says why', async () => {
    await using slapd = await startSlapd({
      entries: [unit, somebody('ada')],
      access: ['to attrs=entryCSN,modifyTimestamp by * none'],
    });
    const service = await openSyncing();
    try {
      const syncing = await service.workspace();
      const connection = await syncing.createConnection(slapd, { mappings, scope: scopeOf() });
      await syncing.sync(connection);
      const run = await syncing.sync(connection, { mode: 'INCREMENTAL' });
      expect(run).toMatchObject({
        mode: 'FULL',
        modeReason: 'The bind account may not read modifyTimestamp, which tells of changes.',
        counts: { unchanged: 1 },
      });
    } finally {
      await service.close();
    }
  });

  test('with only modifyTimestamp, no change within a second is lost', async () => {
    await using slapd = await startSlapd({
      entries: [unit, ...uids.map((uid) => somebody(uid))],
      access: ['to attrs=entryCSN by * none'],
    });
    const service = await openSyncing();
    try {
      const syncing = await service.workspace();
      const connection = await syncing.createConnection(slapd, { mappings, scope: scopeOf() });
      await syncing.sync(connection);
      for (let i = 0; i < 6; i++) {
        await slapd.modify(dn('p01'), { l: `City ${i}` });
        expect(await syncing.sync(connection)).toMatchObject({ mode: 'INCREMENTAL', counts: { updated: 1 } });
      }
      expect((await syncing.contacts()).map(({ city }) => city)).toContain('City 5');
    } finally {
      await service.close();
    }
  });
});

function ldifOf(uid: string): string {
  return Object.entries(somebody(uid).attributes)
    .map(([name, value]) => `${name}: ${String(value)}\n`)
    .join('');
}
