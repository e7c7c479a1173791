import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../src/core/app-error.ts';
import type { WatcherParts } from '../../../src/runner/watch/start-watcher.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import { openProcess, type RunsProcess } from '../support/open-process.ts';
import { anna, openRunsDatabase, type RunsDatabase } from '../support/runs-database.ts';
import { scriptedWatches, watcherOf } from '../support/scripted-watches.ts';

let db: RunsDatabase;
let other: RunsProcess;
let workspaceId: string;
let watches: ReturnType<typeof scriptedWatches>;
const watchers: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  db = await openRunsDatabase();
  other = await openProcess(db.url);
});
beforeEach(async () => {
  workspaceId = await db.addWorkspace();
  watches = scriptedWatches();
});
afterEach(async () => {
  for (const watcher of watchers.splice(0)) await watcher.close();
  await db.pool.query('DELETE FROM connection');
});
afterAll(async () => {
  await other.close();
  await db.close();
});

function start(process: RunsProcess = db, more: Partial<WatcherParts> = {}) {
  const watcher = watcherOf(process, watches.watchSource, more);
  watchers.push(watcher);
  return watcher;
}

const add = (given: Parameters<RunsDatabase['addConnection']>[1] = {}) =>
  db.addConnection(workspaceId, { continuous: true, ...given });

const state = async (connectionId: string) => (await db.in(workspaceId).watchesOf([connectionId]))[0];

/** Asks again and again. The pauses leave time for other work. */
async function until(connectionId: string, is: (one: Awaited<ReturnType<typeof state>>) => boolean) {
  for (;;) {
    const one = await state(connectionId);
    if (is(one)) return one;
    await pause(20);
  }
}

const refused = () => new AppError('BIND_REFUSED', 'refused', { hint: 'Check it.' });
const lost = () => new AppError('CONNECTION_LOST', 'lost');

describe('a continuous connection', () => {
  test('is watched by only one process, and by another one when that closes', async () => {
    const connectionId = await add();
    const processes = [db, other, db, other].map((process) => start(process));
    (await watches.begins(connectionId)).listening();
    expect(await until(connectionId, (one) => one?.since != null)).toMatchObject({ error: null, lastChangeAt: null });
    // The test does not know which process has the watch.
    for (const process of processes.slice(1)) {
      await process.close();
      const held = watches.of(connectionId);
      if (held.every(({ signal }) => signal.aborted)) await watches.begins(connectionId, held.length + 1);
    }
    expect(watches.most).toBe(1);
  });

  test('is watched with settings and secrets of one version, and again after each edit', async () => {
    const connectionId = await add({ bindPassword: 'first' });
    start();
    const before = await watches.begins(connectionId);
    expect(before.task.secrets).toEqual({ bindPassword: 'first' });
    await db.in(workspaceId).updateConnection(connectionId, null, (current) => ({
      edit: { ...current, source: { ...current.source, bindDn: 'cn=second' } },
      secrets: { bindPassword: 'second' },
    }));
    await before.stopped;
    const after = await watches.begins(connectionId, 2);
    expect(after.task).toMatchObject({ source: { bindDn: 'cn=second' }, secrets: { bindPassword: 'second' } });
  });

  test.each<[string, (connectionId: string) => Promise<unknown>]>([
    ['is turned off', (id) => db.edit(workspaceId, id, { continuous: false })],
    ['becomes a Draft', (id) => db.edit(workspaceId, id, { status: 'DRAFT' })],
    ['is deleted', (id) => db.in(workspaceId).deleteConnection(id, 'KEEP', anna)],
    ['has Contact Sync turned off', () => db.store.setContactSyncEnabled(workspaceId, false, anna)],
  ])('is not watched any more when it %s', async (_, turnOff) => {
    const connectionId = await add();
    const never = await add({ status: 'DRAFT' });
    start();
    const watch = await watches.begins(connectionId);
    watch.listening();
    await until(connectionId, (one) => one?.since != null);
    await turnOff(connectionId);
    await watch.stopped;
    expect((await until(connectionId, (one) => one?.since == null))?.since ?? null).toBeNull();
    expect(watches.of(never)).toEqual([]);
  });

  test('is tried again when its watch breaks, after longer pauses each time', async () => {
    const connectionId = await add();
    const { log } = start();
    const pauses: number[] = [];
    for (const nth of [1, 2]) {
      (await watches.begins(connectionId, nth)).break(lost());
      await until(connectionId, (one) => one?.error?.code === 'CONNECTION_LOST');
      while (log.warnings.length < nth) await pause(5);
      pauses.push(Number(log.warnings[nth - 1]?.retryAfterMs));
    }
    expect(log.warnings.map(({ failures }) => failures)).toEqual([1, 2]);
    // Each pause is up to half longer or shorter, at random.
    for (const [nth, ms] of pauses.entries()) {
      expect(ms).toBeGreaterThanOrEqual(500 * 2 ** nth);
      expect(ms).toBeLessThanOrEqual(1500 * 2 ** nth);
    }
    (await watches.begins(connectionId, 3)).listening();
    expect(await until(connectionId, (one) => one?.since != null)).toMatchObject({ error: null });
  });

  test('whose account was refused is tried again by any process only after an hour, unless it is edited', async () => {
    const connectionId = await add({ bindPassword: 'wrong' });
    const watcher = start();
    (await watches.begins(connectionId)).break(refused());
    expect(await until(connectionId, (one) => one?.error != null)).toMatchObject({
      since: null,
      error: { code: 'BIND_REFUSED', message: 'refused', hint: 'Check it.' },
    });
    await watcher.close();
    start(other);
    const witness = await add();
    await watches.begins(witness);
    expect(watches.of(connectionId)).toHaveLength(1);
    const { rows } = await db.pool.query(
      `SELECT retry_at > now() + interval '50 min' AS late FROM connection_watch WHERE connection_id = $1`,
      [connectionId],
    );
    expect(rows).toEqual([{ late: true }]);
    await db.in(workspaceId).updateConnection(connectionId, null, (current) => ({
      edit: current,
      secrets: { bindPassword: 'right' },
    }));
    expect((await watches.begins(connectionId, 2)).task.secrets).toEqual({ bindPassword: 'right' });
  });

  test("whose secret can't be read shows that", async () => {
    const connectionId = await add({ bindPassword: 'secret' });
    await db.pool.query(`UPDATE connection_secret SET key_id = 'another' WHERE connection_id = $1`, [connectionId]);
    start();
    const one = await until(connectionId, (found) => found?.error != null);
    expect(one).toMatchObject({ since: null, error: { code: 'SECRET_UNREADABLE' } });
    expect(watches.of(connectionId)).toEqual([]);
  });

  test('starts a run when its watch begins, and one when its source changes; each says why', async () => {
    const connectionId = await add();
    start();
    const watch = await watches.begins(connectionId);
    watch.listening();
    const runs = async () =>
      (
        await db.pool.query(
          `SELECT run.id, run.trigger, run.started_by, run.mode, run_log.message, run_log.level, run_log.code, run.status
           FROM run JOIN run_log ON run_log.run_id = run.id AND run_log.seq = 1
           WHERE run.connection_id = $1 ORDER BY run.queued_at`,
          [connectionId],
        )
      ).rows;
    const begins = async (count: number) => {
      while ((await runs()).length < count) await pause(20);
    };
    await begins(1);
    for (let nth = 0; nth < 1000; nth++) watch.changed();
    const [first] = await runs();
    expect(first).toMatchObject({
      trigger: 'WATCH',
      started_by: { kind: 'SERVICE', id: null, name: 'Watch' },
      mode: null,
      level: 'INFO',
      code: 'WATCH_STARTED',
      message: expect.stringContaining('begun'),
    });
    await db.pool.query(
      `UPDATE run SET status = 'SUCCEEDED', phase = 'FINISHED', started_at = now(), finished_at = now() WHERE id = $1`,
      [first.id],
    );
    await db.pool.query('DELETE FROM open_run WHERE run_id = $1', [first.id]);
    await begins(2);
    const [, second, ...more] = await runs();
    expect(second).toMatchObject({ trigger: 'WATCH', message: expect.stringContaining('changed') });
    expect(more).toEqual([]);
    const { lastChangeAt } = (await until(connectionId, (one) => one?.lastChangeAt != null)) ?? {};
    expect(lastChangeAt).toBeInstanceOf(Date);
  });

  test('is given up by a process that has lost the database, before another one takes it', async () => {
    const url = new URL(db.url);
    const proxy = await startFaultProxy(Number(url.port));
    url.port = String(proxy.port);
    const cutOff = await openProcess(url.href);
    const connectionId = await add();
    const { log } = start(cutOff);
    const first = await watches.begins(connectionId);
    proxy.silence();
    start(other);
    await first.stopped;
    await watches.begins(connectionId, 2);
    expect(watches.most).toBe(1);
    proxy.cut();
    // The process gets its database back, and does not disturb the other one.
    while (log.warnings.length === 0) await pause(20);
    const witness = await add();
    await watches.begins(witness);
    expect(watches.of(connectionId)).toHaveLength(2);
    for (const watcher of watchers.splice(0)) await watcher.close();
    await cutOff.close();
    await proxy.close();
  });

  test('is shown as watched even if that could not be stored at once', async () => {
    const connectionId = await add();
    start();
    const watch = await watches.begins(connectionId);
    watch.listening();
    await until(connectionId, (one) => one?.since != null);
    await db.pool.query(`UPDATE connection_watch SET watching_since = NULL, error = '{}' WHERE connection_id = $1`, [
      connectionId,
    ]);
    expect(await until(connectionId, (one) => one?.since != null)).toMatchObject({ error: null });
  });

  test('gets no run from a process that has lost its lease', async () => {
    const connectionId = await add();
    const { watches: store } = start();
    const { task } = await watches.begins(connectionId);
    await db.pool.query('UPDATE connection_watch SET fence = fence + 1 WHERE connection_id = $1', [connectionId]);
    expect(await store.startRun(task.lease, 'too late')).toEqual({ kind: 'lost' });
  });

  test('is not watched, and shows that, if the workspace has more than 20 of them', async () => {
    const ids: string[] = [];
    for (let nth = 0; nth < 22; nth++) ids.push(await add({ name: `Directory ${nth}` }));
    const { log } = start();
    const watched = ids.slice(0, 20);
    for (const id of watched) await watches.begins(id);
    for (const id of ids.slice(20))
      expect(await until(id, (one) => one?.error != null)).toMatchObject({ error: { code: 'WATCH_LIMIT' } });
    expect(log.warnings).toMatchObject([{ leftOut: 2 }]);
    await db.edit(workspaceId, watched[0] ?? '', { continuous: false });
    (await watches.begins(ids[20] ?? '')).listening();
    expect(await until(ids[20] ?? '', (one) => one?.since != null)).toMatchObject({ error: null });
    expect(watches.of(ids[21] ?? '')).toEqual([]);
  });

  test("of each workspace is watched before a second one of any workspace, if a process can't watch all", async () => {
    const mine = [await add({ name: 'A' }), await add({ name: 'B' })];
    workspaceId = await db.addWorkspace();
    const theirs = await add();
    start(db, { most: 2 });
    await watches.begins(mine[0] ?? '');
    await watches.begins(theirs);
    expect(watches.of(mine[1] ?? '')).toEqual([]);
    start(other);
    await watches.begins(mine[1] ?? '');
  });
});
