import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ContactField, ContactValues } from '../../src/core/contact.ts';
import type { EditableContact } from '../../src/core/contact-edit.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

let slapd: Slapd;
let service: SyncService;
let syncing: Syncing;

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

const mappings = [
  map('DISPLAY_NAME', 'displayName'),
  map('PRIMARY_EMAIL', 'mail'),
  map('CITY', 'l'),
  map('JOB_TITLE', 'title'),
];
const connect = (changes: Parameters<Syncing['createConnection']>[1] = {}) =>
  syncing.createConnection(slapd, { mappings, removal: removal(), ...changes });

async function contact(name: string): Promise<Record<string, unknown> & { id: string }> {
  const [row] = await syncing.rows<Record<string, unknown> & { id: string }>(
    'SELECT * FROM contact WHERE display_name = $1',
    [name],
  );
  if (row === undefined) throw new Error(`There is no contact ${name}.`);
  return row;
}

function enter(id: string, values: ContactValues, lockedFields: ContactField[] = []) {
  const change = (current: EditableContact) => ({ ...current, values: { ...current.values, ...values }, lockedFields });
  return syncing.workspace.updateContact(id, null, change, anna);
}

async function revert(runId: string, contactId: string) {
  const [row] = await syncing.rows<{ position: string }>(
    'SELECT position FROM contact_change WHERE change_set = $1 AND contact_id = $2',
    [runId, contactId],
  );
  return syncing.workspace.revertChange(runId, Number(row?.position ?? -1), anna);
}

test("a run's update is reverted except for the field that a person has locked and changed; the next run is held", async () => {
  const connection = await connect();
  await syncing.sync(connection);
  await slapd.modify(dn('ada'), { l: 'Rome', title: 'Chief' });
  const run = await syncing.sync(connection);
  const { id } = await contact('ADA');
  await enter(id, { CITY: 'Paris' }, ['CITY']);
  expect(await revert(run.id, id)).toMatchObject({
    kind: 'saved',
    contact: { id },
    left: [{ field: 'CITY', message: 'CITY has changed since.' }],
  });
  expect(await contact('ADA')).toMatchObject({ city: 'Paris', job_title: null, locked_fields: ['CITY'] });
  expect(await syncing.sync(connection)).toMatchObject({
    status: 'HELD',
    holdReasons: ['It would do again 1 change that was taken back: 1 UPDATE.'],
  });
});

test('an update is reverted although a later run has changed another field, whose value stays', async () => {
  const connection = await connect();
  await syncing.sync(connection);
  await slapd.modify(dn('ada'), { l: 'Rome' });
  const run = await syncing.sync(connection);
  await slapd.modify(dn('ada'), { title: 'Chief' });
  await syncing.sync(connection);
  const { id } = await contact('ADA');
  expect(await revert(run.id, id)).toMatchObject({ kind: 'saved', left: [] });
  expect(await contact('ADA')).toMatchObject({ city: null, job_title: 'Chief' });
  const next = await syncing.sync(connection);
  expect(next).toMatchObject({ status: 'HELD', counts: { updated: 1 } });
  await syncing.approve(next.id);
  expect(await contact('ADA')).toMatchObject({ city: 'Rome', job_title: 'Chief' });
});

test('a deactivation is reverted although somebody has written a note since, which stays', async () => {
  const connection = await connect();
  await syncing.sync(connection);
  const { id } = await contact('ADA');
  await syncing.edit(connection, { scope: scopeOf({ filter: '(!(uid=ada))' }) });
  const run = await syncing.sync(connection);
  await enter(id, { NOTES: 'on leave' });
  expect(await revert(run.id, id)).toMatchObject({ kind: 'saved', left: [] });
  expect(await contact('ADA')).toMatchObject({ status: 'ACTIVE', notes: 'on leave' });
  expect(await syncing.rows('SELECT gone_since FROM contact_link WHERE contact_id = $1', [id])).toEqual([
    { gone_since: null },
  ]);
});

test('a pending removal is called off although the contact was edited since', async () => {
  const connection = await connect({ removal: removal({ graceDays: 5 }) });
  await syncing.sync(connection);
  const { id } = await contact('ADA');
  await syncing.edit(connection, { scope: scopeOf({ filter: '(!(uid=ada))' }) });
  const run = await syncing.sync(connection);
  expect(await contact('ADA')).toMatchObject({ removal_due_at: expect.any(Date) });
  await enter(id, { NOTES: 'on leave' });
  expect(await revert(run.id, id)).toMatchObject({ kind: 'saved', left: [] });
  expect(await contact('ADA')).toMatchObject({ removal_due_at: null, notes: 'on leave', status: 'ACTIVE' });
});

test('a link is reverted with the values it brought, except those that were edited since', async () => {
  const id = await syncing.addContact({ DISPLAY_NAME: 'Ada by hand', PRIMARY_EMAIL: 'ada@example.org' });
  await slapd.modify(dn('ada'), { l: 'Rome' });
  const connection = await connect();
  const run = await syncing.sync(connection);
  expect(run).toMatchObject({ counts: { linked: 1, created: 1 } });
  await enter(id, { NOTES: 'known for long' });
  expect(await revert(run.id, id)).toMatchObject({ kind: 'saved', left: [] });
  expect(await contact('Ada by hand')).toMatchObject({ id, city: null, notes: 'known for long' });
  expect(await syncing.rows('SELECT FROM contact_link WHERE contact_id = $1', [id])).toEqual([]);
});

test('two people revert one change in parts at once: one succeeds, the other is told that it has changed', async () => {
  const connection = await connect();
  await syncing.sync(connection);
  await slapd.modify(dn('ada'), { l: 'Rome' });
  const run = await syncing.sync(connection);
  const { id } = await contact('ADA');
  await enter(id, { NOTES: 'met' });
  const both = await Promise.all([revert(run.id, id), revert(run.id, id)]);
  expect(both.map((one) => one?.kind).sort()).toEqual(['changed', 'saved']);
});

test('a created contact that was edited since stays', async () => {
  const run = await syncing.sync(await connect());
  const { id } = await contact('ADA');
  await enter(id, { NOTES: 'met' });
  expect(await revert(run.id, id)).toEqual({
    kind: 'changed',
    reason: 'the contact has been updated since, by Anna Berg',
  });
});
