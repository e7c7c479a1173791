import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mostWaitingBuffers } from '../../../src/core/sync-store.ts';
import { openSyncStore } from '../../../src/db/sync/open-sync-store.ts';
import { RowWriter } from '../../../src/sync/stage/row-writer.ts';
import { stageRow } from '../../../src/sync/stage/stage-row.ts';
import { openRunsDatabase, type RunsDatabase } from '../../runner/support/runs-database.ts';
import { claimedRun } from '../../runner/support/start-claimed.ts';

let db: RunsDatabase;
beforeAll(async () => {
  db = await openRunsDatabase();
});
afterAll(() => db?.close());

test('the number of waiting buffers is limited to what a reader may have under way, however small they are', async () => {
  const claimed = await claimedRun(db);
  const { workspaceId, id } = claimed.run;
  const run = openSyncStore(db.pool).open(claimed);
  const handedOver: Uint8Array[] = [];
  const writer = new RowWriter((bytes) => handedOver.push(bytes));
  const rows = stageRow(writer, workspaceId, id);
  const count = 2 * mostWaitingBuffers + 1;
  for (let position = 0; position < count; position++) {
    rows.skipped({ position, person: `cn=${position}`, personId: null, code: 'NO_ID', reason: 'none', findings: [] });
    writer.flush();
  }
  const stored: Uint8Array[] = [];
  for (const [i, bytes] of handedOver.entries()) {
    stored.push(...(await run.stage(bytes)));
    expect(i + 1 - stored.length).toBeLessThan(mostWaitingBuffers);
  }
  await run.stageEnd();
  expect(stored).toEqual(handedOver.slice(0, -1));
  const { rows: found } = await db.pool.query('SELECT person FROM plan_row WHERE run_id = $1 ORDER BY position', [id]);
  expect(found).toEqual(Array.from({ length: count }, (_, i) => ({ person: `cn=${i}` })));
});
