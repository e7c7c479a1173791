import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkspaceStore } from '../../../../src/core/store.ts';
import { insertRun } from '../../support/insert-rows.ts';
import { connectionEdit, member, openRig, type Rig } from '../../support/open-rig.ts';

let rig: Rig;
let workspaceId: string;
let store: WorkspaceStore;
const connections: string[] = [];
const runs: string[] = [];

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));

beforeAll(async () => {
  rig = await openRig();
  ({ id: workspaceId, store } = await rig.workspace());
  for (const name of ['One', 'Two', 'Idle']) {
    connections.push((await store.createConnection(connectionEdit({ name }), { bindPassword: null }, member)).id);
  }
  const seeds = [
    { connectionId: connections[0], queuedAt: at(1), status: 'FAILED' },
    { connectionId: connections[0], queuedAt: at(3), status: 'SUCCEEDED' },
    { connectionId: connections[1], queuedAt: at(2), status: 'SUCCEEDED' },
    { connectionId: connections[1], queuedAt: at(2), status: 'QUEUED' },
    { connectionId: null, queuedAt: at(0), status: 'CANCELLED' },
  ];
  for (const seed of seeds) runs.push(await insertRun(rig.database.syncPool, workspaceId, seed));
});

afterAll(() => rig?.close());

const any = { connectionId: null, status: null };
const indexes = (found: readonly { id: string }[]) => found.map(({ id }) => runs.indexOf(id));

describe('runs', () => {
  test('come newest first, and by descending id if queued at the same time, over pages of every size', async () => {
    for (let first = 1; first <= 5; first++) {
      const found: { id: string }[] = [];
      let after: string | null = null;
      for (let more = true; more; ) {
        const page = await store.runsPage(any, { first, after });
        found.push(...page.nodes);
        expect(await page.totalCount()).toBe(5);
        ({ hasNextPage: more, endCursor: after } = page);
      }
      expect(indexes(found)).toEqual([1, 3, 2, 0, 4]);
    }
  });

  test('are filtered by connection and status', async () => {
    const page = { first: 10, after: null };
    const connectionId = connections[1] ?? '';
    expect(indexes((await store.runsPage({ ...any, connectionId }, page)).nodes)).toEqual([3, 2]);
    expect(indexes((await store.runsPage({ ...any, status: ['FAILED', 'CANCELLED'] }, page)).nodes)).toEqual([0, 4]);
    expect((await store.runsPage({ ...any, connectionId: 'no-uuid' }, page)).nodes).toEqual([]);
    expect((await (await rig.workspace()).store.runsPage({ ...any, connectionId }, page)).nodes).toEqual([]);
  });

  test('by id are those of the workspace', async () => {
    expect(indexes(await store.runsByIds([runs[2] ?? '', 'no-uuid', workspaceId]))).toEqual([2]);
    expect(await (await rig.workspace()).store.runsByIds(runs)).toEqual([]);
  });

  test('of many connections: the newest of each, in one statement', async () => {
    rig.statements.length = 0;
    expect(indexes(await store.lastRunsOf([...connections, 'no-uuid'])).sort()).toEqual([1, 3]);
    expect(rig.statements.filter((sql) => sql.includes('SELECT run.*'))).toHaveLength(1);
  });
});
