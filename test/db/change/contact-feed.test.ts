import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import type { WorkspaceStore } from '../../../src/core/store.ts';
import { tellFeed } from '../../../src/db/contact/tell-feed.ts';
import { inTransaction } from '../../../src/db/in-transaction.ts';
import { keepPartitions } from '../../../src/db/partition/keep-partitions.ts';
import { lowestIdAt } from '../../../src/db/partition/periods.ts';
import { insertRows } from '../support/insert-rows.ts';
import { openRig, type Rig } from '../support/open-rig.ts';

const dayMs = 24 * 60 * 60 * 1000;
const historyDays = 730;

let rig: Rig;
let workspaceId: string;
let store: WorkspaceStore;
/** The present day of the test, in days from now. Partitions that are dropped stay dropped. */
let today = 0;

beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig?.close());
beforeEach(async () => {
  ({ id: workspaceId, store } = await rig.workspace());
  today += 2 * historyDays;
  await keep();
});

async function keep(): Promise<void> {
  const client = await rig.database.syncPool.connect();
  try {
    const now = new Date(Date.now() + today * dayMs);
    await keepPartitions(client, { now, retention: { logDays: 90, historyDays } });
  } finally {
    client.release();
  }
}

/** Drops the history that is too old at the present day. */
async function pass(days: number): Promise<void> {
  today += days;
  await keep();
}

/** Changes a contact, in a set of changes that was begun `agoDays` ago. */
async function change(contactName: string, agoDays = 0): Promise<void> {
  const began = lowestIdAt(Date.now() + (today - agoDays) * dayMs);
  const changeSet = `${began.slice(0, 13)}${uuidv7().slice(13)}`;
  await insertRows(rig.database.syncPool, 'contact_change', [
    {
      workspace_id: workspaceId,
      change_set: changeSet,
      position: 1,
      at: new Date(),
      action: 'CREATE',
      person: '',
      contact_id: uuidv7(),
      display_name: contactName,
    },
  ]);
  await inTransaction(rig.database.syncPool, (client) =>
    tellFeed(client, workspaceId, { changeSet, first: 1, last: 1 }),
  );
}

const read = (after: string | null, most = 100) =>
  store.contactFeed({ after, connectionId: null, most, longest: 1_000_000 });
const namesAfter = async (after: string) => (await read(after)).changes.map((one) => one.after?.DISPLAY_NAME);
const cursorNow = async () => (await read(null)).cursor;
const tooOld = { code: 'CURSOR_TOO_OLD' };

describe('a cursor of the feed', () => {
  test('continues after an idle time longer than the history is kept, and so does a viewer without a cursor', async () => {
    await change('Ada');
    const cursor = await cursorNow();
    await pass(2 * historyDays);
    const fresh = await cursorNow();
    expect(await namesAfter(cursor)).toEqual([]);
    expect(await namesAfter(fresh)).toEqual([]);
    await change('Bob');
    expect(await namesAfter(cursor)).toEqual(['Bob']);
    expect(await namesAfter(fresh)).toEqual(['Bob']);
  });

  test('from before the first change of a workspace brings all changes, unless some were dropped', async () => {
    const cursor = await cursorNow();
    await change('Ada');
    expect(await namesAfter(cursor)).toEqual(['Ada']);
    await pass(2 * historyDays);
    await expect(read(cursor)).rejects.toMatchObject(tooOld);
  });

  test('is too old as soon as a change after it was dropped', async () => {
    await change('Ada');
    const cursor = await cursorNow();
    await change('Bob');
    await pass(2 * historyDays);
    await expect(read(cursor)).rejects.toMatchObject(tooOld);
    await change('Cy');
    await expect(read(cursor)).rejects.toMatchObject(tooOld);
  });

  test('is too old when a change of a long run was dropped before earlier ones', async () => {
    await change('Ada');
    const cursor = await cursorNow();
    await change('Bob');
    const later = await cursorNow();
    await change('Cy', historyDays - 50);
    await pass(1);
    const latest = await cursorNow();
    expect(await namesAfter(cursor)).toEqual(['Bob', 'Cy']);
    await pass(100);
    await expect(read(cursor)).rejects.toMatchObject(tooOld);
    await expect(read(later)).rejects.toMatchObject(tooOld);
    await change('Dan');
    await expect(read(later)).rejects.toMatchObject(tooOld);
    expect(await namesAfter(latest)).toEqual(['Dan']);
  });

  test('is too old when the database has lost the changes up to it', async () => {
    await change('Ada');
    await change('Bob');
    const cursor = await cursorNow();
    const pool = rig.database.syncPool;
    await pool.query('DELETE FROM contact_feed_batch WHERE workspace_id = $1 AND seq = 2', [workspaceId]);
    await pool.query('UPDATE contact_feed SET last_seq = 1 WHERE workspace_id = $1', [workspaceId]);
    await expect(read(cursor)).rejects.toMatchObject(tooOld);
    await change('Cy');
    await expect(read(cursor)).rejects.toMatchObject(tooOld);
  });
});
