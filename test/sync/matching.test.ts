import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

describe('matching', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  const add = ({ dn, attributes }: LdifEntry) => slapd.add(dn, attributes);
  const warnings = async (runId: string) => (await syncing.log(runId)).filter(({ level }) => level === 'WARN');
  const sums = ({ counts }: Awaited<ReturnType<Syncing['sync']>>) =>
    counts.created +
    counts.updated +
    counts.linked +
    counts.reactivated +
    counts.unchanged +
    counts.skipped +
    counts.failed;

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, somebody('ada'), somebody('bob'), somebody('cy')]);
    syncing = await service.workspace();
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  test('a renamed and moved person stays the same contact', async () => {
    const connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
    await slapd.rename(dn('ada'), 'uid=ada-lovelace', 'dc=example,dc=org');
    await slapd.modify('uid=ada-lovelace,dc=example,dc=org', {
      displayName: ['Ada Lovelace'],
      mail: ['al@example.org'],
    });
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ updated: 1, created: 0, deactivated: 0, unchanged: 2 });
    expect(await syncing.contacts()).toHaveLength(3);
  });

  test('links people to existing contacts, ignoring case, and keeps fields that the directory does not fill', async () => {
    const id = await syncing.addContact({
      DISPLAY_NAME: 'Ada by hand',
      PRIMARY_EMAIL: 'ADA@Example.org',
      NOTES: 'keep me',
    });
    const connection = await syncing.createConnection(slapd);
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ linked: 1, created: 2 });
    expect(sums(run)).toBe(run.counts.inScope);
    expect((await syncing.contacts()).find((contact) => contact.id === id)).toMatchObject({
      display_name: 'ADA',
      notes: 'keep me',
    });
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 3, linked: 0 });
  });

  test('skips, with both names, people who share an address, and nobody else', async () => {
    await add(somebody('eve', { mail: 'ADA@example.org' }));
    const connection = await syncing.createConnection(slapd);
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ created: 2, skipped: 2, inScope: 4 });
    const lines = await warnings(run.id);
    expect(lines).toHaveLength(2);
    for (const { message, code } of lines) {
      expect(code).toBe('DUPLICATE_EMAIL');
      expect(message).toContain('uid=ada');
      expect(message).toContain('uid=eve');
    }
  });

  test('lets a linked person keep an address that a newcomer claims', async () => {
    const connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
    await add(somebody('eve', { mail: 'ada@example.org' }));
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ unchanged: 3, skipped: 1, created: 0 });
    const [line] = await warnings(run.id);
    expect(line?.message).toContain('uid=eve');
    expect(line?.message).toContain('uid=ada');
    // A skipped person is not gone, and the next run says the same.
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 3, skipped: 1 });
  });

  test('lets a newcomer have an address that a linked person also has, but whose contact does not take it', async () => {
    const connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
    const [ada, bob] = await syncing.contacts();
    for (const { id } of [ada, bob] as { id: string }[])
      await syncing.editContact(id, `locked_fields = '{PRIMARY_EMAIL}'`);
    for (const uid of ['ada', 'bob']) await slapd.modify(dn(uid), { mail: ['shared@example.org'] });
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 3, skipped: 0 });
    for (const uid of ['ada', 'bob']) await slapd.modify(dn(uid), { mail: ['other@example.org'] });
    await add(somebody('eve', { mail: 'other@example.org' }));
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 3, created: 1, skipped: 0 });
    expect((await syncing.contacts()).map((contact) => contact.primary_email)).toEqual([
      'ada@example.org',
      'bob@example.org',
      'cy@example.org',
      'other@example.org',
    ]);
  });

  test('skips a newcomer who claims the address of somebody who comes back, whatever address that person has in the directory', async () => {
    const connection = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.sync(connection);
    const [ada] = await syncing.contacts();
    await syncing.editContact(String(ada?.id), `locked_fields = '{PRIMARY_EMAIL}'`);
    await syncing.edit(connection, { scope: scopeOf({ filter: '(!(uid=ada))' }) });
    await syncing.sync(connection);
    await slapd.modify(dn('ada'), { mail: ['countess@example.org'] });
    await add(somebody('eve', { mail: 'ada@example.org' }));
    await syncing.edit(connection, { scope: scopeOf() });
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ reactivated: 1, skipped: 1, unchanged: 2, created: 0 });
    expect(await warnings(run.id)).toMatchObject([{ code: 'DUPLICATE_EMAIL', person: dn('eve') }]);
  });

  test("skips two newcomers who claim the address of somebody who is gone, and still notes that person's absence", async () => {
    const connection = await syncing.createConnection(slapd, { removal: removal({ action: 'KEEP' }) });
    await syncing.sync(connection);
    await slapd.delete(dn('ada'));
    for (const uid of ['eve', 'zed']) await add(somebody(uid, { mail: 'ada@example.org' }));
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ linked: 0, skipped: 2, unchanged: 2 });
    expect(sums(run)).toBe(run.counts.inScope);
    expect(await syncing.rows('SELECT person FROM contact_link WHERE gone_since IS NOT NULL')).toEqual([
      { person: dn('ada') },
    ]);
    expect((await warnings(run.id)).map(({ code }) => code)).toEqual(['DUPLICATE_EMAIL', 'DUPLICATE_EMAIL']);
  });

  test('gives a reused address to another person in one run, and lets two people swap theirs', async () => {
    const connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
    await slapd.modify(dn('ada'), { mail: ['countess@example.org'] });
    await add(somebody('eve', { mail: 'ada@example.org' }));
    const handed = await syncing.sync(connection);
    expect(handed.counts).toMatchObject({ updated: 1, created: 1, unchanged: 2, skipped: 0 });

    await slapd.modify(dn('bob'), { mail: ['cy@example.org'] });
    await slapd.modify(dn('cy'), { mail: ['bob@example.org'] });
    const swapped = await syncing.sync(connection);
    expect(swapped.counts).toMatchObject({ updated: 2, unchanged: 2, skipped: 0, failed: 0 });
    const byName = Object.fromEntries(
      (await syncing.contacts()).map((contact) => [contact.display_name, contact.primary_email]),
    );
    expect(byName).toEqual({
      ADA: 'countess@example.org',
      BOB: 'cy@example.org',
      CY: 'bob@example.org',
      EVE: 'ada@example.org',
    });
  });

  test('gives a newcomer the address of somebody who is gone, in one run', async () => {
    const connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
    await slapd.delete(dn('ada'));
    await add(somebody('eve', { mail: 'ada@example.org' }));
    expect((await syncing.sync(connection)).counts).toMatchObject({ created: 1, deactivated: 1, skipped: 0 });
  });

  test('skips a newcomer if only stable ids match and a contact has the address', async () => {
    await syncing.addContact({ DISPLAY_NAME: 'By hand', PRIMARY_EMAIL: 'ada@example.org' });
    const connection = await syncing.createConnection(slapd, { matchBy: 'EXTERNAL_ID_ONLY' });
    expect((await syncing.sync(connection)).counts).toMatchObject({ created: 2, skipped: 1, linked: 0 });
  });

  test('skips malformed people with the reason, and goes on', async () => {
    await add(somebody('mal', { mail: 'not an address' }));
    const connection = await syncing.createConnection(slapd);
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ created: 3, skipped: 1 });
    expect(await warnings(run.id)).toMatchObject([
      { code: 'MALFORMED_EMAIL', person: dn('mal'), message: expect.stringContaining('not an address') },
    ]);
  });

  test('a second look after a hand edit brings the directory’s value back, but leaves a locked field', async () => {
    const connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
    const [ada, bob] = await syncing.contacts();
    await syncing.editContact(String(ada?.id), `display_name = 'Edited'`);
    await syncing.editContact(String(bob?.id), `display_name = 'Locked', locked_fields = '{DISPLAY_NAME}'`);
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ updated: 1, unchanged: 2 });
    expect((await syncing.contacts()).map((contact) => contact.display_name)).toEqual(['ADA', 'CY', 'Locked']);
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 3 });
  });

  test('a display name made of other fields follows them, until somebody edits it', async () => {
    const mappings = [map('GIVEN_NAME', 'givenName'), map('FAMILY_NAME', 'sn'), map('PRIMARY_EMAIL', 'mail')];
    const connection = await syncing.createConnection(slapd, { mappings });
    await slapd.modify(dn('ada'), { givenName: ['Ada'], sn: ['Byron'] });
    await syncing.sync(connection);
    const names = async () => (await syncing.contacts()).map((contact) => contact.display_name);
    expect(await names()).toEqual(['Ada Byron', 'bob', 'cy']);
    await slapd.modify(dn('ada'), { sn: ['King'] });
    expect((await syncing.sync(connection)).counts).toMatchObject({ updated: 1, unchanged: 2 });
    expect(await names()).toEqual(['Ada King', 'bob', 'cy']);
    expect(await syncing.rows(`SELECT FROM contact WHERE name_key = 'ada king'`)).toHaveLength(1);

    const [ada] = await syncing.contacts();
    await syncing.editContact(String(ada?.id), `display_name = 'Ada, Countess'`);
    await slapd.modify(dn('ada'), { sn: ['Lovelace'] });
    await syncing.sync(connection);
    expect((await syncing.contacts())[0]).toMatchObject({ display_name: 'Ada, Countess', family_name: 'Lovelace' });
  });

  test('two connections feed one contact: the lower priority wins field by field, and if one loses the person the other one decides', async () => {
    const names = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail')];
    const first = await syncing.createConnection(slapd, { mappings: [...names, map('CITY', 'l')], priority: 10 });
    const second = await syncing.createConnection(slapd, {
      mappings: [...names, map('CITY', 'st'), map('NOTES', 'description')],
      priority: 20,
    });
    await slapd.modify(dn('ada'), { l: ['Paris'], st: ['Rome'], description: ['hello'] });
    await syncing.sync(first);
    const linked = await syncing.sync(second);
    expect(linked.counts).toMatchObject({ linked: 3, created: 0 });
    const ada = async () => (await syncing.contacts())[0];
    expect(await ada()).toMatchObject({ city: 'Paris', notes: 'hello' });
    await syncing.sync(first);
    expect((await syncing.sync(first)).counts).toMatchObject({ unchanged: 3, updated: 0 });

    // The first connection has no city any more. The second one fills it in its next run.
    await slapd.modify(dn('ada'), { l: [] });
    await syncing.sync(first);
    await syncing.sync(second);
    expect(await ada()).toMatchObject({ city: 'Rome' });

    // A person whom one connection loses stays with the other.
    await syncing.edit(first, { scope: scopeOf({ filter: '(!(uid=ada))' }) });
    expect((await syncing.sync(first)).counts).toMatchObject({ deactivated: 0 });
    expect(await ada()).toMatchObject({ status: 'ACTIVE' });
  });

  test('another connection checks a contact again when one changes it, not when one brings the same values', async () => {
    const names = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail')];
    const toLookAt = async () =>
      (
        await syncing.rows<{ display_name: string }>(
          `SELECT display_name FROM contact_link JOIN contact ON contact.id = contact_link.contact_id WHERE hash IS NULL`,
        )
      ).map(({ display_name }) => display_name);
    await syncing.sync(await syncing.createConnection(slapd, { mappings: names }));
    const same = await syncing.createConnection(slapd, { mappings: names, priority: 10 });
    expect((await syncing.sync(same)).counts).toMatchObject({ linked: 3 });
    expect(await toLookAt()).toEqual([]);

    await slapd.modify(dn('ada'), { l: ['Paris'] });
    const more = await syncing.createConnection(slapd, { mappings: [...names, map('CITY', 'l')] });
    expect((await syncing.sync(more)).counts).toMatchObject({ linked: 3 });
    expect(await toLookAt()).toEqual(['ADA', 'ADA']);
    expect((await syncing.sync(same)).counts).toMatchObject({ unchanged: 3 });
    expect(await toLookAt()).toEqual(['ADA']);
  });

  test('a contact that changed since the plan was made is left alone, with a line', async () => {
    const connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
    await slapd.modify(dn('ada'), { displayName: ['Ada two'] });
    await slapd.modify(dn('bob'), { displayName: ['Bob two'] });
    await add(somebody('eve'));
    const held = await syncing.sync(connection, { review: true });
    expect(held).toMatchObject({ status: 'HELD', counts: { updated: 2, created: 1 } });
    const [ada] = await syncing.contacts();
    await syncing.editContact(String(ada?.id), `display_name = 'Edited meanwhile'`);
    await syncing.addContact({ DISPLAY_NAME: 'Quicker', PRIMARY_EMAIL: 'eve@example.org' });
    const run = await syncing.approve(held.id);
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 1, created: 0, skipped: 2, unchanged: 1 } });
    expect(sums(run)).toBe(run.counts.inScope);
    expect((await warnings(run.id)).map(({ code }) => code).sort()).toEqual([
      'CHANGED_SINCE_PLAN',
      'EMAIL_TAKEN',
      'HELD',
    ]);
    expect((await syncing.contacts()).map((contact) => contact.display_name)).toContain('Edited meanwhile');
  });
});
