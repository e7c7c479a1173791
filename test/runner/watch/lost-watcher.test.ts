import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openRunsDatabase, type RunsDatabase } from '../support/runs-database.ts';
import { type Script, spawnScript } from '../support/spawn-script.ts';

let db: RunsDatabase;
const watchers: Script[] = [];

beforeAll(async () => {
  db = await openRunsDatabase();
});
afterEach(async () => {
  for (const watcher of watchers.splice(0)) await watcher.kill();
});
afterAll(() => db.close());

async function spawnWatcher(): Promise<Script> {
  const watcher = spawnScript('watcher-process.ts', [db.url]);
  watchers.push(watcher);
  await watcher.said('ready');
  return watcher;
}

describe('a process that watches', () => {
  test('loses its watches to another process when it is killed or frozen, and ends them itself when it wakes', async () => {
    const connectionId = await db.addConnection(await db.addWorkspace(), { continuous: true });
    const [begins, stops] = [`${connectionId} begins`, `${connectionId} stops`];
    const killed = await spawnWatcher();
    await killed.said(begins);
    const frozen = await spawnWatcher();
    expect(frozen.times(begins)).toBe(0);
    await killed.kill();
    await frozen.said(begins);

    frozen.child.kill('SIGSTOP');
    const third = await spawnWatcher();
    await third.said(begins);
    expect(frozen.times(stops)).toBe(0);
    frozen.child.kill('SIGCONT');
    await frozen.said(stops);
    expect(frozen.times(begins)).toBe(1);
    expect(third.times(stops)).toBe(0);
    const { rows } = await db.pool.query('SELECT fence FROM connection_watch WHERE connection_id = $1', [connectionId]);
    expect(rows).toEqual([{ fence: '3' }]);
  });
});
