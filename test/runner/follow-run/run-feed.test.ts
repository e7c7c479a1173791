import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Held } from '../../../src/core/held.ts';
import type { RunRecord } from '../../../src/core/records.ts';
import type { LogSlice } from '../../../src/core/store.ts';
import { openRunFeed } from '../../../src/runner/follow-run/run-feed.ts';
import { openRunsDatabase, type RunsDatabase } from '../support/runs-database.ts';
import { write } from '../support/scripted-run.ts';
import { claimedRun } from '../support/start-claimed.ts';

let db: RunsDatabase;

beforeAll(async () => {
  db = await openRunsDatabase();
});
afterAll(() => db.close());

test('a change that is read just when somebody begins to wait for it is not missed', async () => {
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
  const feed = openRunFeed({ ...db.store, findRun }, workspaceId, id, () => {}, new Held(50_000));
  const first = await feed.view();
  await write(db.pool, claimed, { to: 'succeeded' });
  const last = await db.store.findRun(workspaceId, id);
  const other = feed.viewAfter(first.version, new AbortController().signal);
  feed.lookAgain('soon');
  await reading.promise;
  const waiting = feed.viewAfter(first.version, new AbortController().signal);
  answer.resolve(last);
  expect((await waiting).run).toMatchObject({ status: 'SUCCEEDED' });
  expect((await other).run).toMatchObject({ status: 'SUCCEEDED' });
  feed.close();
});

test('lines are read once for all readers at one position, and dropped when everybody is past them', async () => {
  const claimed = await claimedRun(db);
  const { workspaceId, id } = claimed.run;
  const run = await db.store.findRun(workspaceId, id);
  if (run === null) throw new Error('The run is missing.');
  const read: number[] = [];
  const runLog = async (_workspace: string, _run: string, { after }: { after: number }): Promise<LogSlice> => {
    read.push(after);
    return { lines: [], lastSeq: after + 1000, hasMore: true };
  };
  const ended = { ...run, lastSeq: 1_000_000 };
  const feed = openRunFeed(
    { ...db.store, findRun: async () => ended, runLog },
    workspaceId,
    id,
    () => {},
    new Held(50_000),
  );
  const view = await feed.view();
  const places = Array.from({ length: 1000 }, (_, index) => index * 1000);
  for (const after of places) await Promise.all([feed.lines(view, 'INFO', after), feed.lines(view, 'INFO', after)]);
  expect(read).toEqual(places);
  const kept = places.slice(-4);
  for (const after of kept) await feed.lines(view, 'INFO', after);
  expect(read).toEqual(places);
  for (const after of places.slice(0, -4)) await feed.lines(view, 'INFO', after);
  expect(read).toHaveLength(2 * places.length - kept.length);
  feed.close();
});
