import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/core/records.ts';
import type { ClaimedRun } from '../../../src/core/run-store.ts';
import { followProgress } from '../../../src/runner/follow-run/follow-progress.ts';
import { createRunFeeds } from '../../../src/runner/follow-run/run-feed.ts';
import { openProcess, type RunsProcess } from '../support/open-process.ts';
import { anna, openRunsDatabase, type RunsDatabase } from '../support/runs-database.ts';
import { line, write } from '../support/scripted-run.ts';
import { claimedRun } from '../support/start-claimed.ts';

let db: RunsDatabase;
let api: RunsProcess;

beforeAll(async () => {
  db = await openRunsDatabase();
  api = await openProcess(db.url);
});
afterAll(async () => {
  await api.close();
  await db.close();
});

const never = new AbortController().signal;

function follow({ run }: ClaimedRun, signal = never) {
  const feeds = createRunFeeds(api.store, api.signals, (error) => {
    throw error;
  });
  return followProgress(feeds, { workspaceId: run.workspaceId, runId: run.id }, signal);
}

async function all(states: AsyncIterable<RunRecord>): Promise<RunRecord[]> {
  const got: RunRecord[] = [];
  for await (const state of states) got.push(state);
  return got;
}

describe('following progress', () => {
  test('reports the state at once, then changes, and the last state of an ended run', async () => {
    const claimed = await claimedRun(db);
    const states = follow(claimed);
    expect((await states.next()).value).toMatchObject({ status: 'RUNNING', phase: 'CONNECTING' });
    await write(db.pool, claimed, { to: 'reading', set: `counts = counts || '{"read": 5}'` });
    expect((await states.next()).value).toMatchObject({ phase: 'READING', counts: { read: 5 } });
    const rest = all(states);
    await write(db.pool, claimed, { lines: [line('the end')], to: 'succeeded' });
    expect((await rest).map(({ status, phase, progress }) => [status, phase, progress])).toEqual([
      ['SUCCEEDED', 'FINISHED', 1],
    ]);
  });

  test('reports fewer states than there are changes, in order, and none twice', async () => {
    const claimed = await claimedRun(db);
    const following = all(follow(claimed));
    for (let read = 1; read <= 60; read++) {
      await write(db.pool, claimed, { lines: [line('more')], set: `counts = counts || '{"read": ${read}}'` });
    }
    await write(db.pool, claimed, { to: 'succeeded' });
    const reads = (await following).map(({ status, counts }) => (status === 'SUCCEEDED' ? 61 : counts.read));
    expect(reads).toEqual([...new Set(reads)].sort((one, other) => one - other));
    expect(reads.length).toBeLessThan(60);
    expect(reads.at(-1)).toBe(61);
  });

  test('ignores changes of only the log', async () => {
    const claimed = await claimedRun(db);
    const states = follow(claimed);
    await states.next();
    const next = states.next();
    await write(db.pool, claimed, { lines: [line('just a line')] });
    await write(db.pool, claimed, { to: 'reading' });
    expect((await next).value).toMatchObject({ phase: 'READING' });
    await states.return(undefined);
  });

  test('stays open while a run is held, until it is rejected', async () => {
    const claimed = await claimedRun(db);
    await write(db.pool, claimed, { to: 'held' });
    const states = follow(claimed);
    expect((await states.next()).value).toMatchObject({ status: 'HELD' });
    const rest = all(states);
    await db.store.reject(claimed.run.workspaceId, claimed.run.id, anna);
    expect((await rest).map(({ status }) => status)).toEqual(['REJECTED']);
  });

  test('reports the state of an ended run and ends; for an unknown run it ends', async () => {
    const claimed = await claimedRun(db);
    await write(db.pool, claimed, { to: 'succeeded' });
    expect(await all(follow(claimed))).toHaveLength(1);
    expect(await all(follow({ ...claimed, run: { ...claimed.run, id: 'nonsense' } }))).toEqual([]);
  });

  test('ends when its signal aborts', async () => {
    const claimed = await claimedRun(db);
    const aborting = new AbortController();
    const states = follow(claimed, aborting.signal);
    await states.next();
    const rest = all(states);
    aborting.abort();
    expect(await rest).toEqual([]);
  });
});
