import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, sumOf, unit } from './small-directory.ts';

describe('a person who was gone', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  const without = (uid: string) => ({ scope: scopeOf({ filter: `(!(uid=${uid}))` }) });
  const everybody = { scope: scopeOf() };
  const add = (uid: string, attributes = {}) => {
    const entry = somebody(uid, attributes);
    return slapd.add(entry.dn, entry.attributes);
  };
  const named = async (name: string) => (await syncing.contacts()).filter(({ display_name }) => display_name === name);

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, somebody('ada'), somebody('bob')]);
    syncing = await service.workspace();
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  test('keeps the address when a newcomer claims it in the same read: stable id first', async () => {
    const connection = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.sync(connection);
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    await syncing.edit(connection, everybody);
    await add('eve', { mail: 'ada@example.org' });
    const back = await syncing.sync(connection);
    expect(back.counts).toMatchObject({ reactivated: 1, skipped: 1, unchanged: 1, created: 0 });
    expect(await named('ADA')).toMatchObject([{ status: 'ACTIVE', primary_email: 'ada@example.org' }]);
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 2, skipped: 1 });
  });

  test("does not return while another contact has the contact's former address, in plan and run alike", async () => {
    const mappings = [map('DISPLAY_NAME', 'displayName'), map('CITY', 'l')];
    const connection = await syncing.createConnection(slapd, { mappings, removal: removal() });
    await syncing.sync(connection);
    await syncing.rows(
      `UPDATE contact SET primary_email = 'a@x.org', email_key = 'a@x.org' WHERE display_name = 'ADA'`,
    );
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    await syncing.addContact({ DISPLAY_NAME: 'Another', PRIMARY_EMAIL: 'a@x.org' });
    await syncing.edit(connection, everybody);
    const dry = await syncing.sync(connection, { dryRun: true });
    const real = await syncing.sync(connection);
    expect(real.counts).toEqual(dry.counts);
    expect(real.counts).toMatchObject({ reactivated: 0, skipped: 1, unchanged: 1 });
    expect(await named('ADA')).toMatchObject([{ status: 'INACTIVE' }]);
  });

  test('is not reactivated if a person made the contact inactive', async () => {
    const connection = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.sync(connection);
    const [ada] = await named('ADA');
    await syncing.editContact(String(ada?.id), `status = 'INACTIVE'`);
    await syncing.sync(connection);
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    await syncing.edit(connection, everybody);
    expect((await syncing.sync(connection)).counts).toMatchObject({ reactivated: 0, unchanged: 2 });
    expect(await named('ADA')).toMatchObject([{ status: 'INACTIVE' }]);
  });

  test.each([
    ['kept', removal({ action: 'KEEP' })],
    ['in its grace', removal({ graceDays: 7 })],
  ])('and comes again under another id gets the same contact, %s, in the very run', async (_, policy) => {
    const connection = await syncing.createConnection(slapd, { removal: policy });
    await syncing.sync(connection);
    const [before] = await named('ADA');
    await slapd.delete(dn('ada'));
    await add('ada', { l: 'Paris' });
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ linked: 1, skipped: 0, unchanged: 1, created: 0 });
    expect(sumOf(run.counts)).toBe(run.counts.inScope);
    expect(await named('ADA')).toMatchObject([{ id: before?.id, city: 'Paris', removal_due_at: null }]);
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 2 });
    expect(await syncing.rows('SELECT FROM contact_link')).toHaveLength(2);
  });

  test('and returns with another address keeps the contact against a newcomer with the old one', async () => {
    const connection = await syncing.createConnection(slapd, { removal: removal({ action: 'KEEP' }) });
    await syncing.sync(connection);
    const [before] = await named('ADA');
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    await slapd.modify(dn('ada'), { mail: ['countess@example.org'] });
    await add('eve', { mail: 'ada@example.org' });
    await syncing.edit(connection, everybody);
    const run = await syncing.sync(connection);
    expect(sumOf(run.counts)).toBe(run.counts.inScope);
    expect(await named('ADA')).toMatchObject([{ id: before?.id, primary_email: 'countess@example.org' }]);
    await syncing.sync(connection);
    expect(await named('EVE')).toMatchObject([{ primary_email: 'ada@example.org' }]);
  });

  test('is named as the directory names them now', async () => {
    const connection = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.sync(connection);
    await slapd.rename(dn('ada'), 'cn=ada', 'dc=example,dc=org');
    expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: 2, updated: 0 });
    await slapd.delete('cn=ada,dc=example,dc=org');
    const run = await syncing.sync(connection);
    expect(await syncing.log(run.id)).toContainEqual(
      expect.objectContaining({ code: 'CONTACT_DEACTIVATED', person: 'cn=ada,dc=example,dc=org' }),
    );
  });
});
