import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createRunner } from '../../src/runner/create-runner.ts';
import { collectLog } from './support/collect-log.ts';
import { anna, openRunsDatabase, type RunsDatabase } from './support/runs-database.ts';
import { type Script, spawnScript } from './support/spawn-script.ts';
import { queuedRun } from './support/start-claimed.ts';
import { untilStatus } from './support/until-status.ts';

const workers: Script[] = [];
let db: RunsDatabase;

beforeAll(async () => {
  db = await openRunsDatabase();
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.kill();
});
afterAll(() => db.close());

/** A worker in a separate process. */
function spawnWorker(does: 'stays' | 'ends' | 'applies'): Script {
  const worker = spawnScript('worker-process.ts', [db.url, does]);
  workers.push(worker);
  return worker;
}

function start() {
  return queuedRun(db);
}

async function lines({ workspaceId, runId }: { workspaceId: string; runId: string }) {
  const slice = await db.store.runLog(workspaceId, runId, { after: 0, minLevel: 'DEBUG', search: null, first: 1000 });
  return slice.lines.map(({ seq, message }) => `${seq} ${message}`);
}

describe('a worker process that is killed', () => {
  test('leaves its run to another, which starts it over without repeating a line', async () => {
    const first = spawnWorker('stays');
    const ids = await start();
    await first.said('attempt 1');
    const second = spawnWorker('ends');
    await second.said('working');
    await first.kill();
    await untilStatus(db, ids, 'SUCCEEDED');
    expect(await lines(ids)).toEqual([
      '1 attempt 1, line 1',
      '2 attempt 1, line 2',
      '3 attempt 1, line 3',
      '4 The process that worked on this run is gone (attempt 1). Nothing was applied yet: the run starts over.',
      '5 attempt 2, line 1',
      '6 attempt 2, line 2',
      '7 attempt 2, line 3',
      '8 the end',
    ]);
  });

  test('while applying, leaves a run that continues to apply', async () => {
    const first = spawnWorker('applies');
    const ids = await start();
    await first.said('attempt 1');
    const second = spawnWorker('ends');
    await second.said('working');
    await first.kill();
    await untilStatus(db, ids, 'SUCCEEDED');
    expect((await lines(ids))[3]).toBe(
      '4 The process that worked on this run is gone (attempt 1). Applying goes on where it stopped.',
    );
  });

  test('leaves a cancelled run that ends although there is no other worker', async () => {
    const first = spawnWorker('stays');
    const ids = await start();
    await first.said('attempt 1');
    await first.kill();
    await db.store.cancel(ids.workspaceId, ids.runId, anna);
    const runner = createRunner({ store: db.store, signals: db.signals, log: collectLog() });
    try {
      await untilStatus(db, ids, 'CANCELLED');
    } finally {
      await runner.close();
    }
    expect((await lines(ids)).at(-1)).toBe('4 Cancelled by Anna Berg. Nothing was applied.');
  });
});
