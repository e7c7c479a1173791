import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { uuidV7 } from '../../../src/core/uuid.ts';
import { createPatience } from '../../../src/db/sync/patience.ts';
import { refreshStatistics } from '../../../src/db/sync/settle-tables.ts';
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

test('the planner knows a workspace after its first run, however many contacts others have', async () => {
  for (let i = 0; i < 2; i++) await fill(uuidV7(), 2000);
  await pool.query('ANALYZE contact');
  const workspaceId = uuidV7();
  await fill(workspaceId, 200);
  const removal = {
    action: 'DEACTIVATE',
    graceDays: 0,
    maxPercent: null,
    maxCount: null,
    maxEmptiedPercent: 30,
  } as const;
  const patience = createPatience(pool, undefined);
  const key = { workspaceId, runId: uuidV7(), connectionId: uuidV7() };
  await refreshStatistics({ pool, patience, ...key, removal, attempt: 1 }, 200);
  expect(await believed(workspaceId)).toBeGreaterThan(100);
});
