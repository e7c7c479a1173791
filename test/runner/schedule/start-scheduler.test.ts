import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunStore } from '../../../src/core/run-store.ts';
import { fireDueSchedules } from '../../../src/runner/schedule/start-scheduler.ts';
import { openProcess, type RunsProcess } from '../support/open-process.ts';
import { anna, openRunsDatabase, type RunsDatabase } from '../support/runs-database.ts';

const hourly = { cron: '0 * * * *', timeZone: 'UTC' };
let db: RunsDatabase;
let other: RunsProcess;
let workspaceId: string;

beforeAll(async () => {
  db = await openRunsDatabase();
  other = await openProcess(db.url);
});
beforeEach(async () => {
  await db.pool.query('DELETE FROM connection');
  workspaceId = await db.addWorkspace();
});
afterAll(async () => {
  await other.close();
  await db.close();
});

function at(time: string) {
  return new Date(`2026-11-22T${time}:00Z`);
}

function look(time: string, stores: RunStore[] = [db.store]) {
  return Promise.all(
    stores.map((store) =>
      fireDueSchedules(store, at(time), (error) => {
        throw error;
      }),
    ),
  );
}

function addScheduled(given: { status?: 'DRAFT' } = {}) {
  return db.addConnection(workspaceId, { schedule: hourly, updatedAt: at('09:30'), ...given });
}

async function runsOf(connectionId: string) {
  return (await db.pool.query(`SELECT id, status FROM run WHERE connection_id = $1 ORDER BY queued_at`, [connectionId]))
    .rows;
}

async function endRuns() {
  const { rows } = await db.pool.query('SELECT workspace_id, run_id FROM open_run');
  for (const { workspace_id, run_id } of rows) await db.store.cancel(workspace_id, run_id, anna);
}

async function skips(runId: string) {
  return (await db.pool.query(`SELECT seq FROM run_log WHERE run_id = $1 AND code = 'SCHEDULE_SKIPPED'`, [runId]))
    .rowCount;
}

describe('a schedule', () => {
  test('starts one run at its time, however many processes check', async () => {
    const connectionId = await addScheduled();
    await look('09:59');
    expect(await runsOf(connectionId)).toHaveLength(0);
    await look('10:00', [db.store, other.store, db.store, other.store]);
    await look('10:01', [other.store]);
    const runs = await runsOf(connectionId);
    expect(runs).toHaveLength(1);
    expect(await db.store.findRun(workspaceId, runs[0].id)).toMatchObject({
      status: 'QUEUED',
      trigger: 'SCHEDULE',
      startedBy: { kind: 'SERVICE', id: null, name: 'Schedule' },
      dryRun: false,
    });
    await endRuns();
    await look('11:00', [db.store, other.store]);
    expect(await runsOf(connectionId)).toHaveLength(2);
  });

  test('starts one run for all times that were missed', async () => {
    const connectionId = await addScheduled();
    await look('15:20', [db.store, other.store]);
    await endRuns();
    await look('15:21', [db.store, other.store]);
    expect(await runsOf(connectionId)).toHaveLength(1);
  });

  test('does not start runs for times before it was saved', async () => {
    const connectionId = await addScheduled();
    await look('09:31');
    expect(await runsOf(connectionId)).toHaveLength(0);
  });

  test('that has been edited counts from the edit on', async () => {
    const connectionId = await addScheduled();
    await look('10:00');
    await endRuns();
    await db.edit(workspaceId, connectionId, { schedule: { cron: '*/5 * * * *', timeZone: 'UTC' } }, at('10:02'));
    await look('10:04');
    expect(await runsOf(connectionId)).toHaveLength(1);
    await look('10:05', [db.store, other.store]);
    expect(await runsOf(connectionId)).toHaveLength(2);
  });

  test('is not delayed by an edit of another setting', async () => {
    const connectionId = await addScheduled();
    await look('09:59');
    await db.edit(workspaceId, connectionId, { name: 'New' }, at('10:00'));
    await look('10:00');
    expect(await runsOf(connectionId)).toHaveLength(1);
  });

  test("skips a connection whose run has not ended, with one line in that run's log", async () => {
    const connectionId = await addScheduled();
    await look('10:00');
    const [run] = await runsOf(connectionId);
    await db.pool.query(`UPDATE run SET status = 'HELD' WHERE id = $1`, [run.id]);
    await look('11:00', [db.store, other.store]);
    expect(await skips(run.id)).toBe(1);
    await look('12:00', [db.store, other.store]);
    expect(await skips(run.id)).toBe(2);
    expect(await runsOf(connectionId)).toHaveLength(1);
  });

  test('of a Draft, or while Contact Sync is off, starts nothing, also not later', async () => {
    const draft = await addScheduled({ status: 'DRAFT' });
    await look('10:00');
    await db.edit(workspaceId, draft, { status: 'ENABLED' }, at('09:30'));
    await look('10:01');
    expect(await runsOf(draft)).toHaveLength(0);
    await db.store.setContactSyncEnabled(workspaceId, false, anna);
    await look('11:00');
    await db.store.setContactSyncEnabled(workspaceId, true, anna);
    await look('11:01');
    expect(await runsOf(draft)).toHaveLength(0);
    await look('12:00');
    expect(await runsOf(draft)).toHaveLength(1);
  });

  test('ends when its connection or the schedule itself is deleted', async () => {
    const deleted = await addScheduled();
    const unscheduled = await addScheduled();
    await look('09:59');
    await db.in(workspaceId).deleteConnection(deleted, 'KEEP', anna);
    await db.edit(workspaceId, unscheduled, { schedule: null }, at('09:59'));
    await look('10:00');
    expect([...(await runsOf(deleted)), ...(await runsOf(unscheduled))]).toHaveLength(0);
  });
});
