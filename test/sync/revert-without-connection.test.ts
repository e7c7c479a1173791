import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { EditableContact } from '../../src/core/contact-edit.ts';
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
  await slapd.refill([unit, somebody('ada'), somebody('bob'), somebody('cleo')]);
  syncing = await service.workspace();
});
afterAll(async () => {
  await service?.close();
  await slapd?.close();
});

const mappings = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];
const connect = (maxPercent = 100) => syncing.createConnection(slapd, { mappings, removal: removal({ maxPercent }) });
const remove = (id: string) => syncing.workspace.deleteConnection(id, 'KEEP', anna);
const contacts = () => syncing.rows('SELECT display_name, city FROM contact ORDER BY display_name');
const refused = async (id: string) => (await syncing.runStore.startRevert(syncing.workspaceId, id, anna)).kind;

test('an import is reverted after its connection was deleted: held by the limit of removals, and only once', async () => {
  const connection = await connect(10);
  const run = await syncing.sync(connection);
  await remove(connection);
  const held = await syncing.carryOut(await syncing.startRevert(run.id));
  expect(held).toMatchObject({
    status: 'HELD',
    connectionId: null,
    connectionName: run.connectionName,
    counts: { deleted: 3 },
    holdReasons: ['3 of 3 contacts would be deactivated or deleted; the limit is 10 %.'],
  });
  expect(await refused(run.id)).toBe('busy');
  const back = await syncing.approve(held.id);
  expect(back).toMatchObject({ status: 'SUCCEEDED', counts: { deleted: 3, skipped: 0, failed: 0 } });
  expect(await contacts()).toEqual([]);
  expect(await refused(run.id)).toBe('already');
  // And the revert is taken back, without the links, because nothing can feed them.
  const again = await syncing.revert(back.id);
  expect(again).toMatchObject({ status: 'SUCCEEDED', counts: { created: 3 } });
  expect((await contacts()).map(({ display_name }) => display_name)).toEqual(['ADA', 'BOB', 'CLEO']);
  expect(await syncing.rows('SELECT FROM contact_link')).toEqual([]);
});

test('an update is reverted after its connection was deleted; contacts that were edited or are fed by others stay', async () => {
  const connection = await connect();
  const first = await syncing.sync(connection);
  for (const uid of ['ada', 'bob']) await slapd.modify(dn(uid), { l: 'Rome' });
  const run = await syncing.sync(connection);
  const [bob] = await syncing.rows<{ id: string }>(`SELECT id FROM contact WHERE display_name = 'BOB'`);
  const note = (current: EditableContact) => ({ ...current, values: { ...current.values, NOTES: 'met' } });
  await syncing.workspace.updateContact(bob?.id ?? '', null, note, anna);
  await remove(connection);
  const back = await syncing.revert(run.id);
  expect(back).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 1, skipped: 1 } });
  expect(await contacts()).toEqual([
    { display_name: 'ADA', city: null },
    { display_name: 'BOB', city: 'Rome' },
    { display_name: 'CLEO', city: null },
  ]);
  const other = await connect();
  await syncing.sync(other);
  const all = await syncing.revert(first.id);
  expect(all).toMatchObject({ status: 'SUCCEEDED', counts: { deleted: 0, skipped: 3 } });
});

test('the revert of a run of a deleted connection continues after its worker and the database were lost', async () => {
  const connection = await connect(10);
  const run = await syncing.sync(connection);
  await remove(connection);
  const id = await syncing.startRevert(run.id);
  await syncing.carryOut(id, AbortSignal.timeout(1));
  if ((await syncing.run(id)).finishedAt === null) await syncing.carryOut(id);
  await syncing.runStore.approve(syncing.workspaceId, id, anna);
  await service.pool.query('DELETE FROM plan_row WHERE run_id = $1 AND position > 1', [id]);
  await service.pool.query('UPDATE server_memory SET token = gen_random_uuid()');
  const ended = await syncing.carryOut(id);
  const done = ended.status === 'HELD' ? await syncing.approve(id) : ended;
  expect(done).toMatchObject({ status: 'SUCCEEDED', counts: { deleted: 3 } });
  expect(await contacts()).toEqual([]);
});

test('a connection is deleted while a revert of one of its runs begins: both end', async () => {
  for (let i = 0; i < 5; i++) {
    const connection = await connect();
    const run = await syncing.sync(connection);
    const [started] = await Promise.all([
      syncing.runStore.startRevert(syncing.workspaceId, run.id, anna),
      remove(connection),
    ]);
    expect(started.kind).toBe('started');
    if (started.kind !== 'started') return;
    const { status } = await syncing.run(started.run.id);
    if (status === 'CANCELLED') expect(await refused(run.id)).toBe('started');
    for (const { id } of await syncing.rows<{ id: string }>(`SELECT id FROM run WHERE finished_at IS NULL`))
      await syncing.runStore.cancel(syncing.workspaceId, id, anna);
  }
});
