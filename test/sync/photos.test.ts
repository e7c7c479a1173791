import { hash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dropUnwantedPhotos } from '../../src/db/contact/photos.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { image } from '../support/photos.ts';
import { feedSettled } from '../support/postgres.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, type Changes, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

const mappings = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];
const sha = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');
const withPhoto = (uid: string, photo: Buffer | Buffer[], more: LdifEntry['attributes'] = {}): LdifEntry =>
  somebody(uid, { jpegPhoto: photo, ...more });

describe('the photos of a directory', () => {
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
    syncing.createConnection(slapd, { mappings, removal: removal(), photo: true, ...changes });
  const imported = async (people: LdifEntry[], changes: Changes = {}): Promise<string> => {
    await slapd.refill([unit, ...people]);
    const id = await connect(changes);
    expect(await syncing.sync(id)).toMatchObject({ status: 'SUCCEEDED', counts: { skipped: 0, failed: 0 } });
    return id;
  };
  const contactOf = async (name: string): Promise<string> =>
    (await syncing.rows<{ id: string }>('SELECT id FROM contact WHERE display_name = $1', [name]))[0]?.id ?? '';
  const photoOf = async (name: string) => syncing.workspace.photoOf(await contactOf(name));
  const hashes = async (): Promise<Record<string, string>> => {
    const contacts = await syncing.rows<{ id: string; display_name: string }>('SELECT id, display_name FROM contact');
    const found = await syncing.workspace.photoHashesOf(contacts.map(({ id }) => id));
    const named = contacts.map(({ id, display_name }): [string, string] => [display_name, found.get(id) ?? '']);
    return Object.fromEntries(named.filter(([, one]) => one !== ''));
  };
  const photoLines = async (runId: string) =>
    (await syncing.log(runId))
      .filter(({ code }) => code.startsWith('PHOTO'))
      .map(({ level, message }) => `${level} ${message}`);
  /** How many photos were stored or deleted: each writes a new version of the row. */
  const versions = () =>
    syncing.rows('SELECT contact_id, xmin::text AS written FROM contact_photo ORDER BY contact_id');

  test.each(['jpeg', 'png', 'gif', 'webp'] as const)('are stored unchanged, byte by byte: %s', async (type) => {
    const bytes = image(type, 'ada \u{1f600} \u0000 ok', 3000);
    const utf8 = image(type, 'plain text');
    await imported([withPhoto('ada', bytes), withPhoto('bo', utf8)]);
    expect(await photoOf('ADA')).toEqual({ type: `image/${type}`, hash: sha(bytes), bytes });
    expect((await photoOf('BO'))?.bytes).toEqual(utf8);
  });

  test.each(['FULL', 'INCREMENTAL'] as const)(
    'are fetched again only when the person’s entry has changed, and stored only when they are others (%s)',
    async (mode) => {
      const connection = await imported(['ada', 'bo', 'cy'].map((uid) => withPhoto(uid, image('jpeg', uid))));
      const before = await versions();
      const unchanged = await syncing.sync(connection, { mode });
      expect(unchanged.counts).toMatchObject({ unchanged: 3 });
      expect(await photoLines(unchanged.id)).toEqual([]);
      await slapd.modify(dn('ada'), { l: 'Rome' });
      const renewed = await syncing.sync(connection, { mode });
      expect(await photoLines(renewed.id)).toEqual([
        'INFO Photos: 0 new or changed, 1 as before, 0 people without one, 0 not usable.',
      ]);
      expect(await versions()).toEqual(before);
      await slapd.modify(dn('bo'), { jpegPhoto: image('png', 'bo two') });
      await slapd.modify(dn('cy'), { jpegPhoto: [] });
      const changed = await syncing.sync(connection, { mode });
      expect([unchanged.mode, renewed.mode, changed.mode]).toEqual([mode, mode, mode]);
      expect(changed.counts).toMatchObject({ unchanged: 3, updated: 0 });
      expect(await photoLines(changed.id)).toEqual([
        'INFO Photos: 1 new or changed, 0 as before, 1 person without one, 0 not usable.',
      ]);
      expect(await hashes()).toEqual({ ADA: sha(image('jpeg', 'ada')), BO: sha(image('png', 'bo two')) });
    },
  );

  test('of a run that somebody approves are left to the next run, which its log says', async () => {
    await slapd.refill([unit, withPhoto('ada', image('jpeg', 'ada'))]);
    const connection = await connect();
    const { id } = await syncing.sync(connection, { review: true });
    await syncing.approve(id);
    expect([await hashes(), await photoLines(id)]).toEqual([
      {},
      ['INFO The next run looks up the photos of 1 person.'],
    ]);
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 1 });
    expect(Object.keys(await hashes())).toEqual(['ADA']);
  });

  test('of 1,000 people come in one run, and the feed of changes reports those that change later', async () => {
    const people = Array.from({ length: 1000 }, (_, i) => withPhoto(`p${i}`, image('jpeg', `p${i}`, 500 + i)));
    const connection = await imported(people);
    expect(Object.keys(await hashes())).toHaveLength(1000);
    const since = new Date();
    await slapd.modify(dn('p7'), { jpegPhoto: image('gif', 'seven') });
    await syncing.sync(connection);
    await feedSettled(service.url);
    const filter = { search: null, email: null, externalId: null, status: null, connectionId: null } as const;
    const feed = await syncing.workspace.contactsPage(
      { ...filter, updatedSince: since, dueForRemoval: null, orderBy: 'UPDATED_ASC' },
      { first: 10, after: null },
    );
    expect(feed.nodes.map(({ values }) => values.DISPLAY_NAME)).toEqual(['P7']);
  });

  test('that are too large, or no images, are left out with a line that names the person', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
    await imported([
      withPhoto('large', image('jpeg', 'l', 200 * 1024 + 1)),
      withPhoto('fits', image('jpeg', 'f', 200 * 1024)),
      withPhoto('svg', svg),
      withPhoto('html', Buffer.from('<html><script>alert(1)</script>')),
      withPhoto('tiny', Buffer.from([0xff])),
    ]);
    expect(Object.keys(await hashes())).toEqual(['FITS']);
    const [run] = await syncing.rows<{ id: string }>('SELECT id FROM run');
    const lines = (await syncing.log(run?.id ?? '')).filter(({ level }) => level === 'WARN');
    expect(lines.map(({ code, person }) => [code, person]).sort()).toEqual(
      ['html', 'large', 'svg', 'tiny'].map((uid) => ['PHOTO_UNUSABLE', dn(uid)]),
    );
    expect(lines.find(({ person }) => person === dn('large'))).toMatchObject({
      contactId: await contactOf('LARGE'),
      message: 'The photo was left out: it (jpegPhoto) has 201 KB, and at most 200 KB are taken.',
    });
  });

  test('that become unusable are deleted, and a usable one is preferred to an unusable one', async () => {
    const connection = await imported([
      withPhoto('ada', image('jpeg', 'ada')),
      withPhoto('bo', [Buffer.from('no image'), image('png', 'bo')]),
    ]);
    expect(Object.keys(await hashes()).sort()).toEqual(['ADA', 'BO']);
    await slapd.modify(dn('ada'), { jpegPhoto: Buffer.from('no image') });
    await syncing.sync(connection);
    expect(await hashes()).toEqual({ BO: sha(image('png', 'bo')) });
  });

  test('stay when another is added, as long as the stored one is still there', async () => {
    const connection = await imported([withPhoto('ada', image('jpeg', 'b'))]);
    await slapd.modify(dn('ada'), { jpegPhoto: [image('jpeg', 'a'), image('jpeg', 'b'), image('jpeg', 'c')] });
    await syncing.sync(connection);
    expect(await hashes()).toEqual({ ADA: sha(image('jpeg', 'b')) });
  });

  test("that are too large to read do not affect other people's photos", async () => {
    const huge = Array.from({ length: 6 }, (_, i) => image('jpeg', String(i), 3 * 1024 * 1024));
    await imported([
      ...['a', 'b'].map((uid) => withPhoto(uid, huge)),
      ...['c', 'd'].map((uid) => withPhoto(uid, image('png', uid))),
    ]);
    expect(Object.keys(await hashes()).sort()).toEqual(['C', 'D']);
  });

  test('are deleted with their contact, and with their connection', async () => {
    const connection = await imported([withPhoto('ada', image('jpeg', 'ada')), withPhoto('bo', image('jpeg', 'bo'))], {
      removal: removal({ action: 'DELETE' }),
    });
    await slapd.delete(dn('ada'));
    await syncing.sync(connection);
    expect(await syncing.rows('SELECT hash FROM contact_photo')).toHaveLength(1);
    await syncing.workspace.deleteConnection(connection, 'KEEP', anna);
    expect(await syncing.rows('SELECT hash FROM contact_photo')).toEqual([]);
    expect(await hashes()).toEqual({});
  });

  test('are hidden at once when they are turned off, deleted later, and fetched again when they are turned on', async () => {
    const connection = await imported([withPhoto('ada', image('jpeg', 'ada')), withPhoto('bo', image('jpeg', 'bo'))]);
    await syncing.edit(connection, { photo: false });
    expect([await hashes(), await photoOf('ADA')]).toEqual([{}, null]);
    await dropUnwantedPhotos(service.pool);
    expect(await syncing.rows('SELECT hash FROM contact_photo')).toEqual([]);
    expect(await photoLines((await syncing.sync(connection)).id)).toEqual([]);
    await syncing.edit(connection, { photo: true });
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 2, updated: 0 });
    expect(Object.keys(await hashes()).sort()).toEqual(['ADA', 'BO']);
    await dropUnwantedPhotos(service.pool);
    expect(await syncing.rows('SELECT hash FROM contact_photo')).toHaveLength(2);
  });

  test('of two connections: the one that goes first has its photo shown, until it loses the person', async () => {
    await slapd.refill([unit, withPhoto('ada', image('jpeg', 'first'))]);
    await using other = await startSlapd({ entries: [unit, withPhoto('ada', image('jpeg', 'second'))] });
    const first = await connect({ priority: 10 });
    const second = await syncing.createConnection(other, { mappings, photo: true, priority: 20 });
    await syncing.sync(second);
    expect(await hashes()).toEqual({ ADA: sha(image('jpeg', 'second')) });
    await syncing.sync(first);
    expect(await hashes()).toEqual({ ADA: sha(image('jpeg', 'first')) });
    await slapd.delete(dn('ada'));
    await syncing.sync(first);
    expect(await hashes()).toEqual({ ADA: sha(image('jpeg', 'second')) });
  });

  test('of a contact that passes to another person are no longer shown', async () => {
    const connection = await imported([withPhoto('ada', image('jpeg', 'ada'))], { removal: removal({ graceDays: 9 }) });
    await slapd.delete(dn('ada'));
    await slapd.add(dn('ada2'), somebody('ada2', { mail: 'ada@example.org' }).attributes);
    await syncing.sync(connection);
    expect(await syncing.contacts()).toHaveLength(1);
    expect(await hashes()).toEqual({});
  });

  test('are not shown to another workspace', async () => {
    await imported([withPhoto('ada', image('jpeg', 'ada'))]);
    const contact = await contactOf('ADA');
    const { workspace } = await service.workspace();
    expect([await workspace.photoOf(contact), await workspace.photoHashesOf([contact])]).toEqual([null, new Map()]);
  });

  describe('while they are fetched,', () => {
    const many = Array.from({ length: 120 }, (_, i) => withPhoto(`p${i}`, image('jpeg', `p${i}`, 20_000)));
    let proxy: FaultProxy;
    let connection: string;
    beforeAll(() => slapd.refill([unit, ...many]));
    beforeEach(async () => {
      proxy = await startFaultProxy(slapd.port);
      connection = await connect({ source: { urls: [proxy.url] } });
    });
    afterEach(() => proxy.close());

    const allComeNext = async (): Promise<void> => {
      expect(await syncing.contacts()).toHaveLength(many.length);
      const before = Object.keys(await hashes()).length;
      expect([before > 0, before < many.length]).toEqual([true, true]);
      proxy.fault = { kind: 'none' };
      expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: many.length, updated: 0 });
      expect(Object.keys(await hashes())).toHaveLength(many.length);
    };

    test('the source may fail: people are stored, and the next run fetches the rest', async () => {
      proxy.fault = { kind: 'cut', afterBytes: 1_500_000 };
      const run = await syncing.sync(connection);
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { created: many.length } });
      expect((await photoLines(run.id)).at(-1)).toContain(
        'WARN The photos could not all be fetched, and the next run goes on.',
      );
      await allComeNext();
    });

    test('the worker may die: the run ends without them, and the next one fetches the rest', async () => {
      proxy.fault = { kind: 'silence', afterBytes: 1_500_000 };
      const id = await syncing.start(connection);
      const stop = new AbortController();
      const working = syncing.carryOut(id, stop.signal);
      await proxy.struck;
      stop.abort();
      await working;
      expect((await syncing.carryOut(id)).status).toBe('SUCCEEDED');
      await allComeNext();
    });

    test('somebody may cancel the run: the people stay', async () => {
      proxy.fault = { kind: 'silence', afterBytes: 1_500_000 };
      const id = await syncing.start(connection);
      const working = syncing.carryOut(id);
      await proxy.struck;
      await syncing.runStore.cancel(syncing.workspaceId, id, anna);
      expect(await working).toMatchObject({ status: 'CANCELLED', counts: { created: many.length } });
      await allComeNext();
    });
  });

  test('are not part of the main search, and cost no request when they are turned off', async () => {
    const connection = await imported([withPhoto('ada', image('jpeg', 'ada'))], { photo: false });
    expect(await hashes()).toEqual({});
    expect(await syncing.rows('SELECT FROM contact_link WHERE photo_due')).toEqual([]);
    // A change of the photo alone is no change of the person then.
    const before = await syncing.rows('SELECT hash FROM contact_link');
    await slapd.modify(dn('ada'), { jpegPhoto: image('png', 'other') });
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 1 });
    expect(await syncing.rows('SELECT hash FROM contact_link')).toEqual(before);
  });
});
