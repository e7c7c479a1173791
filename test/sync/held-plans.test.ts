import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { defaultMappings } from '../support/source-defaults.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, sumOf, unit } from './small-directory.ts';

describe('between a plan and its approval', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;
  const named = async (name: string) => {
    const found = (await syncing.contacts()).find(({ display_name }) => display_name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    const { display_name, primary_email, status } = found;
    return { id: String(found.id), display_name, primary_email, status };
  };
  const warnings = async (runId: string) =>
    (await syncing.log(runId)).filter(({ level, code }) => level === 'WARN' && code !== 'HELD').map(({ code }) => code);

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, ...['ada', 'bob', 'cy', 'dot', 'eve'].map((uid) => somebody(uid))]);
    syncing = await service.workspace();
    connection = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  test('the next run checks a hand edit of somebody whom the plan found unchanged', async () => {
    await syncing.edit(connection, { mappings: [...defaultMappings('LDAP'), map('TIME_ZONE', 'roomNumber')] });
    const held = await syncing.sync(connection, { review: true });
    expect(held.counts).toMatchObject({ unchanged: 5 });
    await syncing.editContact((await named('ADA')).id, `display_name = 'Edited'`);
    const run = await syncing.approve(held.id);
    expect(run.counts).toMatchObject({ unchanged: 5, updated: 0, skipped: 0 });
    expect((await syncing.sync(connection)).counts).toMatchObject({ updated: 1, unchanged: 4 });
    expect((await named('ADA')).display_name).toBe('ADA');
  });

  test('a hand edit of somebody who is gone keeps the contact, and does not count as skipped', async () => {
    await slapd.delete(dn('ada'));
    const held = await syncing.sync(connection, { review: true });
    await syncing.editContact((await named('ADA')).id, `notes = 'wait'`);
    const run = await syncing.approve(held.id);
    expect(run.counts).toMatchObject({ deactivated: 0, skipped: 0, inScope: 4, unchanged: 4 });
    expect(sumOf(run.counts)).toBe(run.counts.inScope);
    expect(await warnings(run.id)).toEqual(['CHANGED_SINCE_PLAN']);
    expect(await named('ADA')).toMatchObject({ status: 'ACTIVE' });
    expect((await syncing.sync(connection)).counts).toMatchObject({ deactivated: 1 });
  });

  test('another connection finds the person again: the contact stays', async () => {
    const other = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.sync(other);
    const hide = { scope: scopeOf({ filter: '(!(uid=ada))' }) };
    await syncing.edit(other, hide);
    await syncing.sync(other);
    await syncing.edit(connection, hide);
    const held = await syncing.sync(connection, { review: true });
    expect(held.counts).toMatchObject({ deactivated: 1 });
    await syncing.edit(other, { scope: scopeOf() });
    expect((await syncing.sync(other)).counts).toMatchObject({ unchanged: 5 });
    expect((await syncing.approve(held.id)).counts).toMatchObject({ deactivated: 0 });
    expect(await named('ADA')).toMatchObject({ status: 'ACTIVE' });
  });

  test('one of two who swap addresses is edited: both are skipped, other swaps go through, nobody fails', async () => {
    const swap = async (a: string, b: string) => {
      await slapd.modify(dn(a), { mail: [`${b}@example.org`] });
      await slapd.modify(dn(b), { mail: [`${a}@example.org`] });
    };
    await swap('ada', 'bob');
    await swap('cy', 'dot');
    const held = await syncing.sync(connection, { review: true });
    expect(held.counts).toMatchObject({ updated: 4, unchanged: 1 });
    await syncing.editContact((await named('ADA')).id, `notes = 'mine'`);
    const run = await syncing.approve(held.id);
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 2, skipped: 2, failed: 0, unchanged: 1 } });
    expect(await warnings(run.id)).toEqual(['CHANGED_SINCE_PLAN', 'EMAIL_TAKEN']);
    expect((await named('CY')).primary_email).toBe('dot@example.org');
    expect((await syncing.sync(connection)).counts).toMatchObject({ updated: 2, skipped: 0 });
    expect((await named('ADA')).primary_email).toBe('bob@example.org');
  });

  test('a linked contact takes the address of a newcomer: the newcomer is skipped, not failed', async () => {
    await slapd.modify(dn('ada'), { displayName: ['Ada two'] });
    const newcomer = somebody('zed');
    await slapd.add(newcomer.dn, newcomer.attributes);
    const held = await syncing.sync(connection, { review: true });
    expect(held.counts).toMatchObject({ updated: 1, created: 1 });
    await syncing.editContact(
      (await named('ADA')).id,
      `primary_email = 'zed@example.org', email_key = 'zed@example.org'`,
    );
    const run = await syncing.approve(held.id);
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { skipped: 2, failed: 0, unchanged: 4 } });
    expect((await syncing.sync(connection)).counts).toMatchObject({ updated: 1, created: 1, skipped: 0 });
  });
});
