import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrphanedContacts } from '../../../src/core/connection.ts';
import type { WorkspaceStore } from '../../../src/core/store.ts';
import { listen } from '../../../src/db/signals/listen.ts';
import { insertContacts, insertLinks, insertRows, insertRun } from '../support/insert-rows.ts';
import { connectionEdit, member, openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
let workspaceId: string;
let store: WorkspaceStore;
let own: string;
let other: string;

/**
 * ours: only we feed it. shared: another connection feeds it too. left: the other connection's person is gone. grace: our person
 * is gone, and the grace period has not ended. kept: our person is gone, and the contact stays.
 */
const names = ['ours', 'shared', 'left', 'grace', 'kept', 'foreign', 'inactive'] as const;
let ids: Record<(typeof names)[number], string>;

beforeAll(async () => {
  rig = await openRig();
});

afterAll(() => rig?.close());

beforeEach(async () => {
  ({ id: workspaceId, store } = await rig.workspace());
  const pool = rig.database.syncPool;
  const create = async () => (await store.createConnection(connectionEdit(), { bindPassword: 'x' }, member)).id;
  [own, other] = [await create(), await create()];
  const inserted = await insertContacts(
    pool,
    workspaceId,
    names.map((name) => ({
      DISPLAY_NAME: name,
      PORTAL_ACCESS: name === 'ours',
      status: name === 'inactive' ? 'INACTIVE' : 'ACTIVE',
    })),
  );
  ids = Object.fromEntries(names.map((name, i) => [name, inserted[i] ?? ''])) as typeof ids;
  await pool.query(`UPDATE contact SET removal_due_at = now() + interval '1 day' WHERE id = $1`, [ids.grace]);
  const goneSince = new Date();
  await insertLinks(pool, workspaceId, own, [
    { contactId: ids.ours },
    { contactId: ids.shared },
    { contactId: ids.left },
    { contactId: ids.grace, goneSince },
    { contactId: ids.kept, goneSince },
    { contactId: ids.inactive, goneSince },
  ]);
  await insertLinks(pool, workspaceId, other, [
    { contactId: ids.shared },
    { contactId: ids.left, goneSince },
    { contactId: ids.foreign },
  ]);
});

const contacts = async () => {
  const { rows } = await rig.database.syncPool.query(
    `SELECT display_name AS name, status, version, portal_access, portal_access_before, removal_due_at,
       changed_xid = (SELECT max(changed_xid) FROM contact AS newest) AS newest
     FROM contact WHERE workspace_id = $1`,
    [workspaceId],
  );
  return Object.fromEntries(rows.map(({ name, ...row }) => [name, row]));
};

const untouched = { status: 'ACTIVE', version: 1, portal_access_before: null, removal_due_at: null };

const links = async () => {
  const { rows } = await rig.database.syncPool.query(
    `SELECT contact.display_name AS name, contact_link.connection_id AS connection, contact_link.hash IS NULL AS again
     FROM contact_link LEFT JOIN contact ON contact.id = contact_link.contact_id
     WHERE contact_link.workspace_id = $1 ORDER BY 1`,
    [workspaceId],
  );
  return rows;
};

describe('deleting a connection', () => {
  test.each<[OrphanedContacts, object, object | undefined]>([
    ['KEEP', { ...untouched, portal_access: true }, { status: 'ACTIVE', version: 2, removal_due_at: null }],
    [
      'DEACTIVATE',
      { status: 'INACTIVE', version: 2, portal_access: false, portal_access_before: true, newest: true },
      { status: 'INACTIVE', version: 2, removal_due_at: null },
    ],
    ['DELETE', {}, undefined],
  ])(
    'with %s applies this to the contacts that only it feeds, and leaves the others alone',
    async (choice, ours, grace) => {
      expect(await store.deleteConnection(own, choice, member)).toBe(true);
      const after = await contacts();
      if (choice === 'DELETE') expect([after.ours, after.left, after.grace]).toEqual([undefined, undefined, undefined]);
      else {
        expect(after.ours).toMatchObject(ours);
        expect(after.grace).toMatchObject(grace ?? {});
        expect(after.left).toMatchObject({ status: choice === 'KEEP' ? 'ACTIVE' : 'INACTIVE' });
      }
      for (const name of ['shared', 'kept', 'foreign']) expect(after[name]).toMatchObject(untouched);
      expect(after.inactive).toMatchObject({ status: 'INACTIVE', version: 1 });
      const stale = choice === 'DELETE' ? [] : [{ name: 'left', connection: other, again: true }];
      expect(await links()).toEqual([
        { name: 'foreign', connection: other, again: false },
        ...stale,
        { name: 'shared', connection: other, again: true },
      ]);
      expect(await store.deleteConnection(own, choice, member)).toBe(false);
    },
  );

  test('deletes its secrets and schedule mark, and leaves its runs without a connection', async () => {
    const pool = rig.database.syncPool;
    const run = await insertRun(pool, workspaceId, { connectionId: own });
    const mark = { cron: '* * * * *', time_zone: 'UTC', looked_at: new Date() };
    await insertRows(pool, 'schedule_mark', [{ workspace_id: workspaceId, connection_id: own, ...mark }]);
    await store.deleteConnection(own, 'KEEP', member);
    const { rows } = await pool.query(
      `SELECT (SELECT count(*)::int FROM connection_secret WHERE connection_id = $1) AS secrets,
         (SELECT count(*)::int FROM schedule_mark WHERE connection_id = $1) AS marks`,
      [own],
    );
    expect(rows).toEqual([{ secrets: 0, marks: 0 }]);
    expect(await store.runsByIds([run])).toMatchObject([
      { connectionId: null, connectionName: 'Head office', status: 'SUCCEEDED' },
    ]);
  });

  test.each(['QUEUED', 'HELD', 'RUNNING'])('cancels its %s run, with a line and a signal', async (status) => {
    const pool = rig.database.syncPool;
    const run = await insertRun(pool, workspaceId, {
      connectionId: own,
      status,
      phase: status === 'RUNNING' ? 'READING' : 'WAITING',
    });
    const listener = await listen({ url: rig.url, channel: 'contact_sync_run' });
    const told = Promise.withResolvers<string>();
    listener.subscribe(told.resolve);
    await store.deleteConnection(own, 'DEACTIVATE', member);
    expect(await told.promise).toContain(`${workspaceId} ${run}`);
    await listener.close();
    expect(await store.runsByIds([run])).toMatchObject([
      { connectionId: null, status: 'CANCELLED', phase: 'FINISHED' },
    ]);
    const log = await store.runLog(run, { after: 0, minLevel: 'INFO', search: null, first: 10 });
    expect(log.lines.map(({ code }) => code)).toEqual(['CANCELLED']);
  });

  test('waits for a batch that a worker is just applying, and counts its changes', async () => {
    const pool = rig.database.syncPool;
    const run = await insertRun(pool, workspaceId, { connectionId: own, status: 'RUNNING', phase: 'APPLYING' });
    const worker = await pool.connect();
    await worker.query('BEGIN');
    await worker.query('SELECT FROM run WHERE id = $1 FOR SHARE', [run]);
    const deleted = store.deleteConnection(own, 'DELETE', member);
    const blocked = async () => {
      const { rows } = await pool.query(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows[0].n === 1;
    };
    while (!(await blocked())) await new Promise((resolve) => setImmediate(resolve));
    await worker.query(
      `INSERT INTO contact_link (workspace_id, connection_id, external_id, contact_id, person, linked_at, last_seen_at)
       SELECT $1, $2, 'late', $3, 'cn=late', now(), now()`,
      [workspaceId, other, ids.ours],
    );
    await worker.query('COMMIT');
    worker.release();
    expect(await deleted).toBe(true);
    expect((await contacts()).ours).toMatchObject(untouched);
  });
});
