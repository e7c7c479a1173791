import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRunner, type Runner } from '../../src/runner/create-runner.ts';
import { collectLog } from './support/collect-log.ts';
import { anna, openRunsDatabase, type RunsDatabase } from './support/runs-database.ts';

let db: RunsDatabase;
let runner: Runner;

beforeAll(async () => {
  db = await openRunsDatabase();
  runner = createRunner({ store: db.store, signals: db.signals, log: collectLog() });
});
afterAll(async () => {
  await runner.close();
  await db.close();
});

const request = { mode: 'AUTO', dryRun: false, review: false, by: anna } as const;

describe('the runner', () => {
  test('starts a run once, and answers the second time that it is running', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId);
    const first = await runner.startRun(workspaceId, connectionId, request);
    expect(first).toMatchObject({ kind: 'started', alreadyRunning: false, run: { mode: null, startedBy: anna } });
    const second = await runner.startRun(workspaceId, connectionId, { ...request, mode: 'FULL' });
    expect(second).toEqual({ ...first, alreadyRunning: true });
  });

  test('starts only dry runs of a Draft', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId, { status: 'DRAFT' });
    expect(await runner.startRun(workspaceId, connectionId, request)).toEqual({ kind: 'draft' });
    const dry = await runner.startRun(workspaceId, connectionId, { ...request, dryRun: true, mode: 'FULL' });
    expect(dry).toMatchObject({ kind: 'started', run: { dryRun: true, mode: 'FULL' } });
  });

  test('refuses a start if Contact Sync was turned off just now', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId);
    await db.pool.query(`UPDATE workspace SET contact_sync_enabled = false WHERE id = $1`, [workspaceId]);
    await expect(runner.startRun(workspaceId, connectionId, request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('starts all Enabled connections, and returns the open run of one that runs already', async () => {
    const workspaceId = await db.addWorkspace();
    await db.addConnection(workspaceId, { name: 'Draft', status: 'DRAFT' });
    const ids = [
      await db.addConnection(workspaceId, { name: 'A' }),
      await db.addConnection(workspaceId, { name: 'B' }),
      await db.addConnection(workspaceId, { name: 'C' }),
    ];
    const running = await runner.startRun(workspaceId, ids[1] ?? '', request);
    const runs = await runner.startAllRuns(workspaceId, { mode: 'AUTO', by: anna });
    expect(runs.map(({ connectionId }) => connectionId)).toEqual(ids);
    expect(runs.map(({ trigger }) => trigger)).toEqual(['RUN_ALL', 'MANUAL', 'RUN_ALL']);
    expect(running).toMatchObject({ run: { id: runs[1]?.id } });
  });

  test('reports what is wrong with a schedule, with its path in the arguments', () => {
    const path = ['input', 'schedule'];
    expect(runner.checkSchedule({ cron: '0 6 * * *', timeZone: 'Europe/Berlin' }, path)).toEqual([]);
    expect(runner.checkSchedule({ cron: '0 6 * * *', timeZone: 'Mars/Base' }, path)).toMatchObject([
      { field: ['input', 'schedule', 'timeZone'], code: 'INVALID_TIME_ZONE' },
    ]);
  });
});
