import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { OrphanedContacts } from '../../src/core/connection.ts';
import { mergedContact } from '../../src/core/merge-contacts.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { map, removal, somebody, unit } from './small-directory.ts';

const all = 50;
const uids = Array.from({ length: all }, (_, i) => `p${i}`);
let slapd: Slapd;
let service: SyncService;
beforeAll(async () => {
  slapd = await startSlapd({
    entries: [unit, ...uids.map((uid, i) => somebody(uid, i % 5 === 0 ? { mail: [] } : {}))],
  });
  service = await openSyncing();
});
afterAll(async () => {
  await service?.close();
  await slapd?.close();
});

const mappings = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail')];
const connect = (syncing: Syncing) => syncing.createConnection(slapd, { mappings, removal: removal() });

const takeBack = async (syncing: Syncing, reason: string) => {
  const made = await syncing.rows<{ change_set: string; position: string }>(
    'SELECT change_set, position FROM contact_change WHERE reason = $1 ORDER BY position',
    [reason],
  );
  for (const { change_set, position } of made)
    expect(await syncing.workspace.revertChange(change_set, Number(position), anna)).toMatchObject({ kind: 'saved' });
};

/** All contacts are back without sources, and a new connection to the same directory finds each of them again. */
async function expectFoundAgain(syncing: Syncing, before: readonly unknown[]): Promise<void> {
  const back = await syncing.contacts();
  expect(back.map(({ id, status }) => ({ id, status }))).toEqual(before.map((id) => ({ id, status: 'ACTIVE' })));
  const ids = back.map(({ id }) => String(id));
  expect(await syncing.workspace.sourcesOf(ids)).toEqual([]);
  const origins = await syncing.workspace.originsOf(ids);
  for (const id of ids) expect(origins.get(id)).not.toHaveLength(0);
  const other = await connect(syncing);
  expect((await syncing.sync(other, { dryRun: true })).counts).toMatchObject({ linked: all, created: 0, skipped: 0 });
  expect((await syncing.sync(other)).counts).toMatchObject({ linked: all, created: 0, skipped: 0 });
  expect((await syncing.contacts()).map(({ id }) => id)).toEqual(before);
  expect((await syncing.sync(other)).counts).toMatchObject({ unchanged: all });
}

test.each<OrphanedContacts>(['KEEP', 'DEACTIVATE', 'DELETE'])(
  'contacts of a connection that was deleted with %s return by a revert, and a new connection finds them, with or without address',
  async (choice) => {
    const syncing = await service.workspace();
    const connection = await connect(syncing);
    await syncing.sync(connection);
    const before = (await syncing.contacts()).map(({ id }) => id);
    await syncing.workspace.deleteConnection(connection, choice, anna);
    await takeBack(syncing, 'its connection was deleted');
    await expectFoundAgain(syncing, before);
  },
);

test('an import that is reverted and brought back after its connection was deleted is found again by a new one', async () => {
  const syncing = await service.workspace();
  const connection = await connect(syncing);
  const run = await syncing.sync(connection);
  const before = (await syncing.contacts()).map(({ id }) => id);
  await syncing.workspace.deleteConnection(connection, 'KEEP', anna);
  const back = await syncing.revert(run.id);
  expect(await syncing.contacts()).toEqual([]);
  expect((await syncing.revert(back.id)).counts).toMatchObject({ created: all });
  await expectFoundAgain(syncing, before);
});

test('a contact without an address that was merged into another one after its connection was deleted is not made again', async () => {
  const syncing = await service.workspace();
  const connection = await connect(syncing);
  await syncing.sync(connection);
  await syncing.workspace.deleteConnection(connection, 'KEEP', anna);
  const mine = await syncing.addContact({ DISPLAY_NAME: 'Mine' });
  const [drop] = await syncing.rows<{ id: string }>(`SELECT id FROM contact WHERE display_name = 'P0'`);
  await syncing.workspace.mergeContacts(mine, drop?.id ?? '', mergedContact, anna);
  const other = await connect(syncing);
  expect((await syncing.sync(other)).counts).toMatchObject({ linked: all, created: 0 });
  expect(await syncing.contacts()).toHaveLength(all);
});

test('a merge that is taken back gives the contact its person again, and can be made again', async () => {
  const syncing = await service.workspace();
  const connection = await connect(syncing);
  await syncing.sync(connection);
  await syncing.workspace.deleteConnection(connection, 'KEEP', anna);
  const mine = await syncing.addContact({ DISPLAY_NAME: 'Mine' });
  const [drop] = await syncing.rows<{ id: string }>(`SELECT id FROM contact WHERE display_name = 'P0'`);
  const merge = () => syncing.workspace.mergeContacts(mine, drop?.id ?? '', mergedContact, anna);
  for (let i = 0; i < 2; i++) {
    expect(await merge()).toMatchObject({ kind: 'saved' });
    await takeBack(syncing, `merged with ${mine}`);
    await service.pool.query(`UPDATE contact_change SET reason = 'first' WHERE reason = 'merged with ${mine}'`);
  }
  const other = await connect(syncing);
  expect((await syncing.sync(other)).counts).toMatchObject({ linked: all, created: 0 });
  const links = await syncing.rows('SELECT FROM contact_link WHERE contact_id = $1', [drop?.id]);
  expect(links).toHaveLength(1);
});

test('a contact without an address does not return if its person has another contact now', async () => {
  const syncing = await service.workspace();
  const connection = await connect(syncing);
  const run = await syncing.sync(connection);
  const back = await syncing.revert(run.id);
  await syncing.workspace.deleteConnection(connection, 'KEEP', anna);
  const other = await connect(syncing);
  await syncing.sync(other);
  const again = await syncing.revert(back.id);
  expect(again).toMatchObject({ status: 'SUCCEEDED', counts: { created: 0, failed: 0, skipped: all } });
  await syncing.workspace.deleteConnection(other, 'DELETE', anna);
  await syncing.sync(await connect(syncing));
  const [deleted] = await syncing.rows<{ change_set: string; position: string }>(
    `SELECT change_set, position FROM contact_change WHERE contact_name = 'P0' AND reason = 'its connection was deleted'`,
  );
  expect(
    await syncing.workspace.revertChange(deleted?.change_set ?? '', Number(deleted?.position), anna),
  ).toMatchObject({
    kind: 'changed',
  });
});
