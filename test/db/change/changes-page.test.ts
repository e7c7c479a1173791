import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import type { Page, WorkspaceStore } from '../../../src/core/store.ts';
import { insertRows, insertRun } from '../support/insert-rows.ts';
import { openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
let workspaceId: string;
let store: WorkspaceStore;
let runId: string;

const any = { action: null, search: null };
const applied = new Date('2026-02-01T00:00:00Z');
const queued = new Date('2026-01-01T00:00:00Z');

beforeAll(async () => {
  rig = await openRig();
  ({ id: workspaceId, store } = await rig.workspace());
  const pool = rig.database.syncPool;
  runId = await insertRun(pool, workspaceId, { appliedPosition: 3, status: 'RUNNING', queuedAt: queued });
  const change = (position: number, action: string | null, name: string, more: object = {}) => ({
    workspace_id: workspaceId,
    position,
    action,
    person: `cn=${name},dc=x`,
    contact_name: name,
    stays: null,
    code: null,
    outcome: null,
    reason: null,
    ...more,
  });
  const done = { change_set: runId, at: applied };
  await insertRows(pool, 'contact_change', [
    change(1, 'DEACTIVATE', 'Anna', done),
    change(2, 'NONE', 'Renewed', { ...done, stays: 'AS_BEFORE' }),
    change(3, 'UPDATE', 'Bo', { ...done, outcome: 'LEFT_ALONE', reason: 'changed since' }),
  ]);
  const open = { run_id: runId };
  await insertRows(pool, 'plan_row', [
    change(4, 'SKIP', 'Cy', { ...open, code: 'NO_NAME', reason: 'no name' }),
    change(5, 'NONE', 'Dee', { ...open, stays: 'NEWLY_GONE', reason: 'kept' }),
    change(6, 'CREATE', 'Élodie', open),
    change(7, null, 'Undecided', open),
  ]);
  await pool.query(
    `UPDATE contact_change SET before = jsonb_populate_record(NULL::contact_values, $2) WHERE change_set = $1 AND position = 1`,
    [runId, { DISPLAY_NAME: 'Anna', PORTAL_ACCESS: true, PHONE: [{ label: 'work', value: '1' }] }],
  );
});

afterAll(() => rig?.close());

const names = async (filter: Partial<Parameters<WorkspaceStore['changesPage']>[1]>, of = runId) => {
  const page = await store.changesPage(of, { ...any, ...filter }, { first: 50, after: null });
  expect(await page.totalCount()).toBe(page.nodes.length);
  return page.nodes.map(({ contactName }) => contactName);
};

describe('the changes of a run', () => {
  test('are its plan in order, without rows that only renew a link and without undecided people', async () => {
    expect(await names({})).toEqual(['Anna', 'Bo', 'Cy', 'Dee', 'Élodie']);
  });

  test('show what was applied and when', async () => {
    const { nodes } = await store.changesPage(runId, any, { first: 50, after: null });
    expect(nodes.map((change) => [change.position, change.applied, change.at])).toEqual([
      [1, true, applied],
      [3, false, queued],
      [4, false, queued],
      [5, false, queued],
      [6, false, queued],
    ]);
    expect(nodes[0]).toMatchObject({
      before: { DISPLAY_NAME: 'Anna', PORTAL_ACCESS: true, PHONE: [{ label: 'work', value: '1' }] },
      after: null,
    });
    expect(nodes[2]).toMatchObject({ action: 'SKIP', reason: 'no name' });
  });

  test.each([
    [{ action: 'CREATE' } as const, ['Élodie']],
    [{ action: 'NONE' } as const, ['Dee']],
    [{ search: 'ÉLO' }, ['Élodie']],
    [{ search: 'cn=bo' }, ['Bo']],
    [{ search: 'o,dc', action: 'UPDATE' } as const, ['Bo']],
    [{ search: 'renewed' }, []],
  ])('with %p are %p', async (filter, expected) => {
    expect(await names(filter)).toEqual(expected);
  });

  test('come in pages, whose cursors belong to this run and filter', async () => {
    const first = await store.changesPage(runId, any, { first: 2, after: null });
    expect(first.hasNextPage).toBe(true);
    const second = await store.changesPage(runId, any, { first: 3, after: first.endCursor });
    expect([second.nodes.map(({ position }) => position), second.hasNextPage]).toEqual([[4, 5, 6], false]);
    for (const [of, filter] of [[uuidv7(), any] as const, [runId, { ...any, search: 'a' }] as const]) {
      await expect(store.changesPage(of, filter, { first: 2, after: first.endCursor })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
  });

  test('of several runs are read by one statement, and their totals by another one', async () => {
    const other = await insertRun(rig.database.syncPool, workspaceId);
    const runs = [other, runId, uuidv7(), 'no-uuid'];
    for (const filter of [any, { action: 'UPDATE', search: null } as const, { action: null, search: 'o' }]) {
      rig.statements.length = 0;
      const pages = await store.changesPagesOf(runs, filter, 2);
      const totals = await Promise.all(runs.map((id) => pages(id).totalCount()));
      expect(rig.statements.filter((sql) => sql.includes('contact_change'))).toHaveLength(2);
      for (const [index, id] of runs.entries()) {
        const page = await store.changesPage(id, filter, { first: 2, after: null });
        expect(shown(pages(id), totals[index])).toEqual(shown(page, await page.totalCount()));
      }
    }
  });

  test('of a foreign or malformed run are none', async () => {
    const other = (await rig.workspace()).store;
    expect((await other.changesPage(runId, any, { first: 5, after: null })).nodes).toEqual([]);
    expect(await names({}, 'no-uuid')).toEqual([]);
  });
});

/** A page as data: each of its nodes with its cursor. */
function shown<T>({ nodes, hasNextPage, endCursor, cursorAt }: Page<T>, totalCount: number | undefined) {
  const edges = nodes.map((node, index) => ({ node, cursor: cursorAt(index) }));
  return { edges, hasNextPage, endCursor, totalCount };
}
