import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { type Changes, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, sumOf, unit } from './small-directory.ts';

const uids = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'jo'];
const names = [map('DISPLAY_NAME', 'displayName'), map('CITY', 'l')];
const withMail = [...names, map('PRIMARY_EMAIL', 'mail')];
const without = (uid: string): Changes => ({ scope: scopeOf({ filter: `(!(uid=${uid}))` }) });
const only = (uid: string): Changes => ({ scope: scopeOf({ filter: `(uid=${uid})` }) });

describe('a person whom two connections read from one directory', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, ...uids.map((uid) => somebody(uid))]);
    syncing = await service.workspace();
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });
  const links = () => syncing.rows('SELECT FROM contact_link WHERE gone_since IS NULL');
  const named = async (name: string) => (await syncing.contacts()).filter(({ display_name }) => display_name === name);

  test('has one contact, even without an address', async () => {
    const first = await syncing.createConnection(slapd, { mappings: names });
    const second = await syncing.createConnection(slapd, { mappings: names, matchBy: 'EXTERNAL_ID_ONLY' });
    await syncing.sync(first);
    const planned = await syncing.sync(second, { dryRun: true });
    const run = await syncing.sync(second);
    expect(planned.counts).toEqual(run.counts);
    expect(run.counts).toMatchObject({ linked: uids.length, created: 0 });
    expect(await syncing.contacts()).toHaveLength(uids.length);
    expect(await links()).toHaveLength(2 * uids.length);
    for (const connection of [first, second])
      expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: uids.length });
  });

  test('has one contact when both connections import at the same moment', async () => {
    await slapd.refill([unit, ...Array.from({ length: 1500 }, (_, i) => somebody(`person-${i}`))]);
    const connections = await Promise.all([0, 1].map(() => syncing.createConnection(slapd, { mappings: names })));
    const runs = await Promise.all(connections.map((connection) => syncing.sync(connection)));
    for (const run of runs) {
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { failed: 0, inScope: 1500 } });
      expect(sumOf(run.counts)).toBe(1500);
    }
    expect(await syncing.contacts()).toHaveLength(1500);
    for (const connection of connections) await syncing.sync(connection);
    expect(await syncing.contacts()).toHaveLength(1500);
    expect(await links()).toHaveLength(3000);
  });

  test('is skipped when the other connection has made the contact since the plan, and linked by the next run', async () => {
    const first = await syncing.createConnection(slapd, { mappings: names });
    const second = await syncing.createConnection(slapd, { mappings: withMail });
    const held = await syncing.sync(second, { review: true });
    expect(held).toMatchObject({ status: 'HELD', counts: { created: uids.length } });
    await syncing.sync(first);
    const run = await syncing.approve(held.id);
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { created: 0, skipped: uids.length, failed: 0 } });
    expect((await syncing.sync(second)).counts).toMatchObject({ linked: uids.length, created: 0 });
    expect(await syncing.contacts()).toHaveLength(uids.length);
  });

  test('has two contacts if people have chosen the id', async () => {
    const source = { idAttribute: 'uid' };
    await syncing.sync(await syncing.createConnection(slapd, { mappings: names, source }));
    const run = await syncing.sync(await syncing.createConnection(slapd, { mappings: names, source }));
    expect(run.counts).toMatchObject({ created: uids.length, linked: 0 });
  });

  test('is found by the id first, because the address may belong to somebody else', async () => {
    const bob = await syncing.addContact({ DISPLAY_NAME: 'Another Bob', PRIMARY_EMAIL: 'bob@example.org' });
    await syncing.sync(await syncing.createConnection(slapd, { mappings: names }));
    const run = await syncing.sync(await syncing.createConnection(slapd, { mappings: withMail }));
    expect(run.counts).toMatchObject({ linked: uids.length - 1, skipped: 1, created: 0 });
    expect((await syncing.log(run.id)).filter(({ level }) => level === 'WARN')).toMatchObject([
      { code: 'EMAIL_TAKEN', person: dn('bob') },
    ]);
    const [other] = await named('Another Bob');
    expect(other).toMatchObject({ id: bob, primary_email: 'bob@example.org' });
    expect(await named('ADA')).toMatchObject([{ primary_email: 'ada@example.org' }]);
  });

  test('keeps the contact when they move from one connection’s scope to the other’s', async () => {
    const first = await syncing.createConnection(slapd, { mappings: withMail, removal: removal() });
    const second = await syncing.createConnection(slapd, { mappings: withMail, ...only('nobody') });
    await syncing.sync(first);
    await syncing.sync(second);
    const [before] = await named('ADA');
    await syncing.edit(first, without('ada'));
    expect((await syncing.sync(first)).counts).toMatchObject({ deactivated: 1 });
    await syncing.edit(second, only('ada'));
    const planned = await syncing.sync(second, { dryRun: true });
    const run = await syncing.sync(second);
    expect(run.counts).toEqual(planned.counts);
    expect(run.counts).toMatchObject({ reactivated: 1, created: 0, linked: 0 });
    expect(await named('ADA')).toMatchObject([{ id: before?.id, status: 'ACTIVE', primary_email: 'ada@example.org' }]);
    expect((await syncing.sync(second)).counts).toMatchObject({ unchanged: 1 });
  });

  test('keeps the contact that was left when the first connection was deleted', async () => {
    const first = await syncing.createConnection(slapd, { mappings: names });
    await syncing.sync(first);
    await syncing.workspace.deleteConnection(first, 'KEEP', { kind: 'MEMBER', id: 'anna', name: 'Anna' });
    const run = await syncing.sync(await syncing.createConnection(slapd, { mappings: names }));
    expect(run.counts).toMatchObject({ linked: uids.length, created: 0 });
    expect(await syncing.contacts()).toHaveLength(uids.length);
  });

  test('gets the other connection’s values at its next run when one loses them, the lower priority first', async () => {
    await slapd.modify(dn('ada'), { l: ['Paris'], st: ['Rome'] });
    const first = await syncing.createConnection(slapd, { mappings: names, priority: 10, removal: removal() });
    const second = await syncing.createConnection(slapd, {
      mappings: [map('DISPLAY_NAME', 'displayName'), map('CITY', 'st')],
      priority: 20,
    });
    await syncing.sync(second);
    await syncing.sync(first);
    expect(await named('ADA')).toMatchObject([{ city: 'Paris' }]);
    await syncing.edit(first, without('ada'));
    expect((await syncing.sync(first)).counts).toMatchObject({ deactivated: 0 });
    await syncing.sync(second);
    expect(await named('ADA')).toMatchObject([{ city: 'Rome', status: 'ACTIVE' }]);
  });
});
