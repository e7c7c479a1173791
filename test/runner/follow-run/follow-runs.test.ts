import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/core/records.ts';
import type { RunSignals, RunStore } from '../../../src/core/run-store.ts';
import { setContactSyncEnabled } from '../../../src/runner/create-runner.ts';
import { createWorkspaceFeeds, followRuns } from '../../../src/runner/follow-run/follow-runs.ts';
import { openProcess, type RunsProcess } from '../support/open-process.ts';
import { anna, openRunsDatabase, type RunsDatabase } from '../support/runs-database.ts';
import { write } from '../support/scripted-run.ts';
import { claimedRun } from '../support/start-claimed.ts';

let db: RunsDatabase;
let api: RunsProcess;

beforeAll(async () => {
  db = await openRunsDatabase();
  api = await openProcess(db.url);
});
afterAll(async () => {
  await api.close();
  await db.close();
});

const never = new AbortController().signal;
const troubles: unknown[] = [];

function openFeeds(signals: RunSignals = api.signals, store: RunStore = api.store) {
  return createWorkspaceFeeds(store, signals, (error) => troubles.push(error));
}
afterEach(() => expect(troubles).toEqual([]));

/** Reads until a run has this status. Returns the states of each run until then. */
async function until(runs: AsyncGenerator<RunRecord>, runId: string, status: string): Promise<RunRecord[]> {
  const got: RunRecord[] = [];
  for (;;) {
    const { value, done } = await runs.next();
    if (done === true) throw new Error('It ended.');
    got.push(value);
    if (value.id === runId && value.status === status) return got;
  }
}

async function toEnd(runs: AsyncGenerator<RunRecord>): Promise<RunRecord[]> {
  const got: RunRecord[] = [];
  for await (const run of runs) got.push(run);
  return got;
}

describe('following the runs of a workspace', () => {
  test('reports each run as it changes, and no run of another workspace', async () => {
    const workspaceId = await db.addWorkspace();
    const runs = followRuns(openFeeds(), { workspaceId, connectionId: null }, never);
    const first = runs.next();
    const [one, other] = [await claimedRun(db, { workspaceId }), await claimedRun(db, { workspaceId })];
    const foreign = await claimedRun(db);
    await write(db.pool, foreign, { to: 'succeeded' });
    await write(db.pool, one, { to: 'succeeded' });
    await write(db.pool, other, { to: 'succeeded' });
    // Runs that are read together come in any order.
    const open = new Set([one.run.id, other.run.id]);
    for (let run = (await first).value as RunRecord; ; run = (await runs.next()).value as RunRecord) {
      expect([one.run.id, other.run.id]).toContain(run.id);
      if (run.status === 'SUCCEEDED') open.delete(run.id);
      if (open.size === 0) break;
    }
    await runs.return(undefined);
  });

  test("reports only one connection's runs when asked", async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId);
    const runs = followRuns(openFeeds(), { workspaceId, connectionId }, never);
    const first = runs.next();
    await claimedRun(db, { workspaceId });
    const own = await claimedRun(db, { workspaceId, connectionId });
    expect((await first).value).toMatchObject({ id: own.run.id });
    await runs.return(undefined);
  });

  test('gives a slow reader the newest state of each run', async () => {
    const workspaceId = await db.addWorkspace();
    const runs = followRuns(openFeeds(), { workspaceId, connectionId: null }, never);
    const first = runs.next();
    const claimed = await claimedRun(db, { workspaceId });
    await first;
    for (let read = 1; read <= 30; read++) {
      await write(db.pool, claimed, { set: `counts = counts || '{"read": ${read}}'` });
    }
    await write(db.pool, claimed, { to: 'succeeded' });
    const got = await until(runs, claimed.run.id, 'SUCCEEDED');
    expect(got.length).toBeLessThan(30);
    expect(got.at(-1)?.counts.read).toBe(30);
    await runs.return(undefined);
  });

  test('finds changes whose signals got lost', async () => {
    const workspaceId = await db.addWorkspace();
    const before = await claimedRun(db, { workspaceId });
    const looked = Promise.withResolvers<void>();
    const store: RunStore = {
      ...api.store,
      recentRuns: (...wanted) => api.store.recentRuns(...wanted).finally(looked.resolve),
    };
    const feeds = openFeeds({ subscribe: () => () => {} }, store);
    const runs = followRuns(feeds, { workspaceId, connectionId: null }, never);
    // Runs from before are not reported. The first one to be reported is one that changes.
    const first = runs.next();
    await looked.promise;
    const claimed = await claimedRun(db, { workspaceId });
    await write(db.pool, claimed, { to: 'succeeded' });
    await write(db.pool, before, { to: 'succeeded' });
    const got = [(await first).value as RunRecord, (await runs.next()).value as RunRecord];
    expect(got.every(({ status }) => status === 'SUCCEEDED')).toBe(true);
    expect(new Set(got.map(({ id }) => id))).toEqual(new Set([before.run.id, claimed.run.id]));
    await runs.return(undefined);
  });

  test('ends when Contact Sync is turned off, after the runs were cancelled', async () => {
    const workspaceId = await db.addWorkspace();
    const feeds = openFeeds();
    const queued = await db.store.startRun({
      workspaceId,
      connectionId: await db.addConnection(workspaceId),
      mode: 'AUTO',
      trigger: 'MANUAL',
      startedBy: anna,
      dryRun: false,
      review: false,
    });
    const runs = followRuns(feeds, { workspaceId, connectionId: null }, never);
    const rest = toEnd(runs);
    await setContactSyncEnabled(api.store, feeds, workspaceId, false, anna);
    await rest;
    expect('run' in queued && (await db.store.findRun(workspaceId, queued.run.id))?.status).toBe('CANCELLED');
  });

  test('of a connection ends when that is deleted', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId);
    const rest = toEnd(followRuns(openFeeds(), { workspaceId, connectionId }, never));
    await db.pool.query(`DELETE FROM connection WHERE id = $1`, [connectionId]);
    expect(await rest).toEqual([]);
  });

  test('stops listening when its signal aborts', async () => {
    let listening = 0;
    const workspaceId = await db.addWorkspace();
    const signals: RunSignals = {
      subscribe: () => {
        listening++;
        return () => listening--;
      },
    };
    const aborting = new AbortController();
    const rest = toEnd(followRuns(openFeeds(signals), { workspaceId, connectionId: null }, aborting.signal));
    expect(listening).toBe(1);
    aborting.abort();
    await rest;
    expect(listening).toBe(0);
  });
});
