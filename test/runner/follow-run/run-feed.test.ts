import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/core/records.ts';
import { openRunFeed } from '../../../src/runner/follow-run/run-feed.ts';
import { openRunsDatabase, type RunsDatabase } from '../support/runs-database.ts';
import { succeeded, write } from '../support/scripted-run.ts';
import { claimedRun } from '../support/start-claimed.ts';

let db: RunsDatabase;

beforeAll(async () => {
  db = await openRunsDatabase();
});
afterAll(() => db.close());

test('a change that is read just while somebody begins to wait for it is not missed', async () => {
  const claimed = await claimedRun(db);
  const { workspaceId, id } = claimed.run;
  const reading = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<RunRecord | null>();
  let reads = 0;
  const findRun = (): Promise<RunRecord | null> => {
    reads++;
    if (reads === 1) return db.store.findRun(workspaceId, id);
    reading.resolve();
    return answer.promise;
  };
  const feed = openRunFeed({ ...db.store, findRun }, workspaceId, id, () => {});
  const first = await feed.view();
  await write(db.pool, claimed, { set: succeeded });
  const last = await db.store.findRun(workspaceId, id);
  feed.lookAgain();
  await reading.promise;
  const waiting = feed.viewAfter(first.version, new AbortController().signal);
  answer.resolve(last);
  expect((await waiting).run).toMatchObject({ status: 'SUCCEEDED' });
  feed.close();
});
