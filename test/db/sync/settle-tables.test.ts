import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Attempt } from '../../../src/db/sync/attempt.ts';
import { createPatience } from '../../../src/db/sync/patience.ts';
import { refreshStatistics, settleSearch } from '../../../src/db/sync/settle-tables.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { insertContacts } from '../support/insert-rows.ts';

let at: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  at = await createDatabase();
  pool = new pg.Pool({ connectionString: at.url });
  pool.on('error', () => {});
});
afterAll(async () => {
  await pool?.end();
  await at?.close();
});

const fill = async (workspaceId: string, contacts: number) =>
  insertContacts(
    pool,
    workspaceId,
    Array.from({ length: contacts }, (_, i) => ({ DISPLAY_NAME: `Person ${i}` })),
  );

const believed = async (workspaceId: string): Promise<number> => {
  const { rows } = await pool.query('EXPLAIN (FORMAT JSON) SELECT FROM contact WHERE workspace_id = $1', [workspaceId]);
  return rows[0]['QUERY PLAN'][0].Plan['Plan Rows'];
};

const attempt = (workspaceId: string): Attempt => ({
  pool,
  patience: createPatience(pool, undefined),
  workspaceId,
  runId: uuidv7(),
  connectionId: uuidv7(),
  connectionDeleted: false,
  ids: null,
  removal: { action: 'DEACTIVATE', graceDays: 0, maxPercent: null, maxCount: null, maxEmptiedPercent: 30 },
  mapsManagers: false,
  photo: false,
  attempt: 1,
  plan: 'plan_row',
  base: 0,
  reverts: null,
});

test('what a run has added to the text index leaves the pending list when the run has ended', async () => {
  const workspaceId = uuidv7();
  await fill(workspaceId, 200);
  await settleSearch(attempt(workspaceId));
  const { rows } = await pool.query(`SELECT gin_clean_pending_list('contact_by_search')::int AS pages`);
  expect(rows).toEqual([{ pages: 0 }]);
});

test('the planner has statistics of a workspace after its first run, however many contacts others have', async () => {
  for (let i = 0; i < 2; i++) await fill(uuidv7(), 2000);
  await pool.query('ANALYZE contact');
  const workspaceId = uuidv7();
  await fill(workspaceId, 200);
  await refreshStatistics(attempt(workspaceId), 200);
  expect(await believed(workspaceId)).toBeGreaterThan(100);
});
