import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RemovalPolicy } from '../../src/core/connection.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, removal, somebody, sumOf, unit } from './small-directory.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('the day on which a contact will be removed', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  const without = (uid: string) => ({ scope: scopeOf({ filter: `(!(uid=${uid}))` }) });
  const policy = (changes: Partial<RemovalPolicy>) => ({ removal: removal(changes) });
  const ada = async () => (await syncing.contacts()).find(({ display_name }) => display_name === 'ADA');
  const daysLeft = async () => {
    const due = (await ada())?.removal_due_at;
    return due instanceof Date ? Math.round((due.getTime() - Date.now()) / dayMs) : null;
  };
  const goneSince = async () => {
    const [link] = await syncing.rows('SELECT gone_since FROM contact_link WHERE contact_id = $1', [(await ada())?.id]);
    return link?.gone_since;
  };
  const leaveLongAgo = (connection: string, days: number) =>
    syncing.rows(
      `UPDATE contact_link SET gone_since = gone_since - make_interval(hours => 24 * $2)
       WHERE connection_id = $1 AND gone_since IS NOT NULL`,
      [connection, days],
    );

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

  test('follows an edit of the grace and of the action, while the person stays away', async () => {
    const connection = await syncing.createConnection(slapd, policy({ graceDays: 7 }));
    await syncing.sync(connection);
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    expect(await daysLeft()).toBe(7);

    await syncing.edit(connection, policy({ graceDays: 30 }));
    const longer = await syncing.sync(connection);
    expect(await daysLeft()).toBe(30);
    expect(sumOf(longer.counts)).toBe(longer.counts.inScope);
    const before = await ada();
    await syncing.sync(connection);
    expect(await ada()).toEqual(before);

    await syncing.edit(connection, policy({ action: 'KEEP' }));
    await syncing.sync(connection);
    expect(await daysLeft()).toBeNull();

    await syncing.edit(connection, policy({ action: 'DELETE', graceDays: 3 }));
    await syncing.sync(connection);
    expect(await daysLeft()).toBe(3);

    await leaveLongAgo(connection, 4);
    expect((await syncing.sync(connection)).counts).toMatchObject({ deleted: 1 });
    expect(await ada()).toBeUndefined();
  });

  test('is set by the connection that fed it last, however long the others have lost the person', async () => {
    const first = await syncing.createConnection(slapd, policy({}));
    const second = await syncing.createConnection(slapd, policy({ graceDays: 7 }));
    await syncing.sync(first);
    await syncing.sync(second);
    await syncing.edit(first, without('ada'));
    expect((await syncing.sync(first)).counts).toMatchObject({ deactivated: 0 });
    expect(await daysLeft()).toBeNull();
    await leaveLongAgo(first, 100);

    await syncing.edit(second, without('ada'));
    await syncing.sync(second);
    expect(await daysLeft()).toBe(7);
    // The first connection lost her long ago, but it was not the one that kept her contact.
    expect((await syncing.sync(first)).counts).toMatchObject({ deactivated: 0 });
    expect(await daysLeft()).toBe(7);
    await syncing.rows(
      `UPDATE contact_link SET gone_since = gone_since - interval '8 days' WHERE gone_since IS NOT NULL`,
    );
    expect((await syncing.sync(second)).counts).toMatchObject({ deactivated: 1 });
    expect(await ada()).toMatchObject({ status: 'INACTIVE', removal_due_at: null });
    expect((await syncing.sync(first)).counts).toMatchObject({ deactivated: 0 });
  });

  test('is reached when both lose the person at the same moment', async () => {
    const first = await syncing.createConnection(slapd, policy({}));
    const second = await syncing.createConnection(slapd, policy({}));
    await syncing.sync(first);
    await syncing.sync(second);
    const held = await Promise.all(
      [first, second].map(async (connection) => {
        await syncing.edit(connection, without('ada'));
        return syncing.sync(connection, { review: true });
      }),
    );
    for (const { id } of held) await syncing.approve(id);
    expect(await ada()).toMatchObject({ status: 'ACTIVE' });
    const runs = [await syncing.sync(first), await syncing.sync(second)];
    expect(runs.map(({ counts }) => counts.deactivated).sort()).toEqual([0, 1]);
    expect(await ada()).toMatchObject({ status: 'INACTIVE' });
  });

  test('is cleared when another connection finds the person', async () => {
    const first = await syncing.createConnection(slapd, policy({ graceDays: 7 }));
    await syncing.sync(first);
    await syncing.edit(first, without('ada'));
    await syncing.sync(first);
    const second = await syncing.createConnection(slapd);
    expect((await syncing.sync(second)).counts).toMatchObject({ linked: 2 });
    expect(await daysLeft()).toBeNull();
    await leaveLongAgo(first, 8);
    const later = await syncing.sync(first);
    expect(later.counts).toMatchObject({ deactivated: 0 });
    expect(await ada()).toMatchObject({ status: 'ACTIVE', removal_due_at: null });
  });

  test.each([
    ['in their grace', policy({ graceDays: 7 })],
    ['kept', policy({ action: 'KEEP' })],
  ])('is called off when somebody %s comes back and is skipped: a skipped person is not gone', async (_, given) => {
    const connection = await syncing.createConnection(slapd, given);
    await syncing.sync(connection);
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    const { removal_due_at, version, updated_at, changed_xid, ...values } = { ...(await ada()) };
    expect(await goneSince()).not.toBeNull();
    await slapd.modify(dn('ada'), { mail: ['no address'], displayName: ['Countess'] });
    await syncing.edit(connection, { scope: scopeOf() });

    const dry = await syncing.sync(connection, { dryRun: true });
    expect(await ada()).toMatchObject({ removal_due_at, version });
    const run = await syncing.sync(connection);
    expect(run.counts).toEqual(dry.counts);
    expect(run.counts).toMatchObject({ inScope: 2, skipped: 1, unchanged: 1 });
    const told = (await syncing.log(run.id)).filter(({ person }) => person === dn('ada'));
    expect(told).toMatchObject([{ level: 'WARN', code: 'MALFORMED_EMAIL' }]);
    expect(await ada()).toMatchObject({ ...values, removal_due_at: null });
    expect(await goneSince()).toBeNull();

    // A person who leaves now begins a new grace.
    const after = await ada();
    await syncing.sync(connection);
    expect(await ada()).toEqual(after);
    await syncing.edit(connection, without('ada'));
    expect((await syncing.sync(connection)).counts).toMatchObject({ deactivated: 0 });
    expect(await daysLeft()).toBe(removal_due_at === null ? null : 7);
  });

  test('has passed for somebody who comes back and is skipped: the contact stays inactive until they can be imported', async () => {
    const connection = await syncing.createConnection(slapd, policy({}));
    await syncing.sync(connection);
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    const inactive = await ada();
    expect(inactive).toMatchObject({ status: 'INACTIVE' });
    await slapd.modify(dn('ada'), { mail: ['no address'] });
    await syncing.edit(connection, { scope: scopeOf() });
    expect((await syncing.sync(connection)).counts).toMatchObject({ skipped: 1, unchanged: 1, reactivated: 0 });
    expect(await ada()).toEqual(inactive);
    await slapd.modify(dn('ada'), { mail: ['ada@example.org'] });
    expect((await syncing.sync(connection)).counts).toMatchObject({ reactivated: 1, unchanged: 1 });
    expect(await ada()).toMatchObject({ status: 'ACTIVE' });
  });

  test('is called off for somebody whose new address is claimed by another, and who is skipped for it', async () => {
    const connection = await syncing.createConnection(slapd, policy({ graceDays: 7 }));
    await syncing.sync(connection);
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    await slapd.modify(dn('ada'), { mail: ['bob@example.org'] });
    await syncing.edit(connection, { scope: scopeOf() });
    expect((await syncing.sync(connection)).counts).toMatchObject({ skipped: 1, unchanged: 1 });
    expect(await ada()).toMatchObject({ primary_email: 'ada@example.org', removal_due_at: null });
  });

  test('is called off for somebody whose contact was edited while the plan waited, and who is skipped', async () => {
    const connection = await syncing.createConnection(slapd, policy({ graceDays: 7 }));
    await syncing.sync(connection);
    await syncing.edit(connection, without('ada'));
    await syncing.sync(connection);
    await slapd.modify(dn('ada'), { l: ['Paris'] });
    await syncing.edit(connection, { scope: scopeOf() });
    const held = await syncing.sync(connection, { review: true });
    await syncing.editContact(String((await ada())?.id), `notes = 'mine'`);
    expect((await syncing.approve(held.id)).counts).toMatchObject({ skipped: 1, updated: 0, unchanged: 1 });
    expect(await ada()).toMatchObject({ notes: 'mine', city: null, removal_due_at: null });
    expect((await syncing.sync(connection)).counts).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await ada()).toMatchObject({ notes: 'mine', city: 'Paris' });
  });

  test('is never reached while the person is there, even if they are skipped', async () => {
    const connection = await syncing.createConnection(slapd, policy({ graceDays: 7 }));
    await syncing.sync(connection);
    await slapd.delete(dn('bob'));
    await syncing.sync(connection);
    await slapd.modify(dn('ada'), { mail: ['no address'] });
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ inScope: 1, skipped: 1, unchanged: 0 });
    const id = (await ada())?.id;
    expect(
      await syncing.rows(
        `SELECT contact_id, contact_name FROM contact_change WHERE change_set = $1 AND action = 'SKIP'`,
        [run.id],
      ),
    ).toEqual([{ contact_id: id, contact_name: 'ADA' }]);
    expect(await syncing.log(run.id)).toContainEqual(
      expect.objectContaining({ code: 'MALFORMED_EMAIL', contactId: id }),
    );
    expect(await daysLeft()).toBeNull();
  });
});
