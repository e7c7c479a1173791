import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { people, person } from '../support/ldap-people.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';

const everybody = 60;
const dnOf = (i: number): string => person(i).dn;

describe('people who are gone', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;
  const leave = (...numbers: number[]) => Promise.all(numbers.map((i) => slapd.delete(dnOf(i))));
  const comeBack = async (i: number) => {
    const { dn, attributes } = person(i);
    await slapd.add(dn, attributes);
  };
  const active = async () => (await syncing.contacts()).filter(({ status }) => status === 'ACTIVE').length;

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill(people(everybody));
    syncing = await service.workspace();
    connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  test('are deactivated, lose portal access, and get both back when they return', async () => {
    const [gone] = await syncing.rows<{ id: string }>(
      `UPDATE contact SET portal_access = true WHERE primary_email = 'user0000003@example.org' RETURNING id`,
    );
    await slapd.modify(dnOf(3), { telephoneNumber: ['+49 30 1'] });
    await slapd.rename(dnOf(3), 'uid=moved');
    const hidden = await syncing.sync(connection);
    expect(hidden.counts).toMatchObject({ updated: 1, unchanged: everybody - 1 });

    await syncing.edit(connection, {
      scope: scopeOf({ rules: [{ attribute: 'uid', operator: 'NOT_EQUALS', values: ['moved'] }] }),
    });
    const away = await syncing.sync(connection);
    expect(away).toMatchObject({
      status: 'SUCCEEDED',
      counts: { deactivated: 1, unchanged: everybody - 1, inScope: everybody - 1 },
    });
    expect((await syncing.contacts()).find(({ id }) => id === gone?.id)).toMatchObject({
      status: 'INACTIVE',
      portal_access: false,
    });

    await syncing.edit(connection, { scope: scopeOf() });
    const back = await syncing.sync(connection);
    expect(back.counts).toMatchObject({ reactivated: 1, created: 0, unchanged: everybody - 1 });
    expect((await syncing.contacts()).find(({ id }) => id === gone?.id)).toMatchObject({
      status: 'ACTIVE',
      portal_access: true,
    });
    expect(await syncing.contacts()).toHaveLength(everybody);
  });

  test('are deleted where the policy says so', async () => {
    await syncing.edit(connection, { removal: { action: 'DELETE' } });
    await leave(1, 2);
    expect((await syncing.sync(connection)).counts).toMatchObject({ deleted: 2, unchanged: everybody - 2 });
    expect(await syncing.contacts()).toHaveLength(everybody - 2);
    expect(await syncing.rows(`SELECT FROM contact_link`)).toHaveLength(everybody - 2);
  });

  test('stay where the policy keeps them, are counted as gone once, and are the same contact when they return', async () => {
    await syncing.edit(connection, { removal: { action: 'KEEP' } });
    await leave(1);
    const first = await syncing.sync(connection);
    expect(first.counts).toMatchObject({ deactivated: 0, deleted: 0, unchanged: everybody - 1 });
    expect(await syncing.log(first.id)).toContainEqual(expect.objectContaining({ code: 'CONTACT_KEPT' }));
    expect(await active()).toBe(everybody);
    const second = await syncing.sync(connection);
    expect((await syncing.log(second.id)).filter(({ code }) => code === 'CONTACT_KEPT')).toEqual([]);
    await comeBack(1);
    expect((await syncing.sync(connection)).counts).toMatchObject({ inScope: everybody });
    expect(await syncing.contacts()).toHaveLength(everybody);
  });

  test('keep their contact through the grace, with the day it ends, and lose it afterwards', async () => {
    await syncing.edit(connection, {
      removal: { graceDays: 7 },
    });
    await leave(1, 2);
    expect((await syncing.sync(connection)).counts).toMatchObject({ deactivated: 0 });
    const due = (await syncing.contacts()).filter((contact) => contact.removal_due_at !== null);
    expect(due).toHaveLength(2);
    await comeBack(2);
    await syncing.sync(connection);
    // The first person has now been absent for longer than the grace.
    await syncing.rows(
      `UPDATE contact_link SET gone_since = gone_since - interval '8 days' WHERE gone_since IS NOT NULL`,
    );
    expect((await syncing.sync(connection)).counts).toMatchObject({ deactivated: 1 });
    expect(await active()).toBe(everybody - 1);
    expect((await syncing.contacts()).filter((contact) => contact.removal_due_at !== null)).toEqual([]);
  });

  test('hold the run if they are many: nothing is applied until somebody approves the plan, then exactly that', async () => {
    await leave(...Array.from({ length: 10 }, (_, i) => i));
    const held = await syncing.sync(connection);
    expect(held).toMatchObject({ status: 'HELD', phase: 'WAITING', finishedAt: null, counts: { deactivated: 10 } });
    expect(held.holdReasons[0]).toContain('10 of 60');
    expect(await active()).toBe(everybody);
    const approved = await syncing.approve(held.id);
    expect(approved).toMatchObject({ status: 'SUCCEEDED', counts: { deactivated: 10, unchanged: 50 } });
    expect(await active()).toBe(everybody - 10);
  });

  test('hold the run if they are everybody', async () => {
    await syncing.edit(connection, { scope: scopeOf({ filter: '(uid=nobody)' }) });
    expect(await syncing.sync(connection)).toMatchObject({
      status: 'HELD',
      counts: { read: 0, deactivated: everybody },
    });
    expect(await active()).toBe(everybody);
  });

  test('are only reported by a dry run', async () => {
    await leave(...Array.from({ length: 10 }, (_, i) => i));
    const before = await syncing.contacts();
    const dry = await syncing.sync(connection, { dryRun: true });
    expect(dry).toMatchObject({ status: 'SUCCEEDED', counts: { deactivated: 10 }, progress: 1 });
    expect(dry.holdReasons).toHaveLength(1);
    expect(await syncing.contacts()).toEqual(before);
  });

  test('do not count when the read is cut off in the middle', async () => {
    const port = Number(new URL(slapd.url).port);
    const proxy = await startFaultProxy(port, { kind: 'cut', afterBytes: 20_000 });
    await syncing.edit(connection, { source: { urls: [proxy.url] } });
    await leave(1, 2);
    const before = await syncing.contacts();
    expect(await syncing.sync(connection)).toMatchObject({ status: 'FAILED', error: { code: 'CONNECTION_LOST' } });
    await proxy.close();
    expect(await syncing.contacts()).toEqual(before);
  });
});
