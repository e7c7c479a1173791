import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/core/records.ts';
import type { RunStatus } from '../../../src/core/run.ts';
import type { StoredStart } from '../../../src/core/run-store.ts';
import { News } from '../../../src/runner/watch/news.ts';
import { type Pace, paceRuns, usualPace } from '../../../src/runner/watch/pace-runs.ts';

/** Runs follow at once. Pauses are longer than any test. */
const pace: Pace = {
  ...usualPace,
  quietMs: 0,
  gatherMs: 0,
  oneEveryMs: 1_000_000,
  firstPauseMs: 1_000_000,
  longestPauseMs: 2_000_000,
  refusedPauseMs: 1_000_000,
};

type Started = { why: string; end(changes?: Partial<RunRecord>): void };

let news: News;
let stopping: AbortController;
let started: Started[];
let answers: ((run: RunRecord) => StoredStart | { kind: 'lost' })[];
let pacing: Promise<unknown>;
/** The ids of runs that leave contacts alone. */
let leftAlone: Set<string>;

beforeEach(() => {
  news = new News();
  stopping = new AbortController();
  started = [];
  answers = [];
  leftAlone = new Set();
});
afterEach(async () => {
  stopping.abort();
  for (const one of started) one.end();
  expect(await pacing).toMatchObject({ name: 'AbortError' });
});

function begin(changes: Partial<Pace> = {}): void {
  const runs = {
    start: async (why: string) => {
      const ended = Promise.withResolvers<RunRecord>();
      const run = { id: String(started.length), status: 'QUEUED' } as RunRecord;
      started.push({
        why,
        end: (how = {}) =>
          ended.resolve({ ...run, status: 'SUCCEEDED', startedAt: null, decidedAt: null, ...how } as RunRecord),
      });
      ends.set(run.id, ended.promise);
      return (answers.shift() ?? ((one) => ({ kind: 'started', run: one }) as const))(run);
    },
    ended: (runId: string) => ends.get(runId) ?? Promise.resolve(null),
    leftAlone: async ({ id }: RunRecord) => leftAlone.delete(id),
  };
  const ends = new Map<string, Promise<RunRecord>>();
  pacing = paceRuns(news, runs, { ...pace, ...changes }, stopping.signal).catch((error: unknown) => error);
}

/** Resolves with run number `nth` (from 1) when it starts. */
async function run(nth: number): Promise<Started> {
  for (;;) {
    const one = started[nth - 1];
    if (one !== undefined) return one;
    await setImmediate();
  }
}

/** Waits until everything has happened that needs no timer. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

describe('the runs of a watch', () => {
  test('are followed by one more when contacts were left alone because somebody changed them in the meantime', async () => {
    begin();
    leftAlone.add('0');
    news.tell('a change');
    (await run(1)).end();
    const second = await run(2);
    expect(second.why).toBe('The previous run left contacts alone that somebody had changed during it.');
    second.end();
    await rest();
    expect(started).toHaveLength(2);
  });

  test('are one for many changes, and one more for all changes during it', async () => {
    begin();
    for (let nth = 0; nth < 100_000; nth++) news.tell('a change');
    const first = await run(1);
    for (let nth = 0; nth < 100_000; nth++) news.tell('a later change');
    await rest();
    expect(started).toHaveLength(1);
    first.end();
    const second = await run(2);
    expect([first.why, second.why]).toEqual(['a change', 'a later change']);
    second.end();
    await rest();
    expect(started).toHaveLength(2);
  });

  test('wait until changes stop coming, but not for longer than a second from the first', async () => {
    begin({ quietMs: 1_000_000, gatherMs: 30 });
    const since = performance.now();
    news.tell('a change');
    await run(1);
    expect(performance.now() - since).toBeGreaterThanOrEqual(30);
  });

  test('come after a run that somebody else started, which may have read before the change', async () => {
    begin();
    answers.push((other) => ({ kind: 'already_running', run: { ...other, status: 'HELD' } }));
    news.tell('a change');
    const other = await run(1);
    await rest();
    expect(started).toHaveLength(1);
    other.end({ decidedAt: new Date() });
    expect((await run(2)).why).toBe('a change');
  });

  test.each<[RunStatus, number]>([
    ['FAILED', 1],
    ['REJECTED', 1],
    ['CANCELLED', 1],
  ])('pause after one that ended %s', async (status, runs) => {
    begin();
    news.tell('a change');
    (await run(1)).end({ status });
    await rest();
    news.tell('another change');
    await rest();
    expect(started).toHaveLength(runs);
  });

  test('try the same changes again after a failed run', async () => {
    begin({ firstPauseMs: 0 });
    news.tell('a change');
    (await run(1)).end({ status: 'FAILED' });
    expect((await run(2)).why).toBe('a change');
  });

  test('pause long at once after a sign-in that was refused', async () => {
    begin({ firstPauseMs: 0 });
    news.tell('a change');
    (await run(1)).end({ status: 'FAILED', error: { code: 'BIND_REFUSED', message: '', hint: null } });
    await rest();
    expect(started).toHaveLength(1);
  });

  test('leave the source a pause as long as the long runs took, but not after the first run', async () => {
    begin();
    const startedAt = new Date();
    const long = { startedAt, finishedAt: new Date(startedAt.getTime() + 500_000) };
    news.tell('a change');
    (await run(1)).end(long);
    news.tell('another change');
    (await run(2)).end(long);
    news.tell('a third change');
    await rest();
    expect(started).toHaveLength(2);
  });

  test('are limited to a number in quick succession, and then to one now and then', async () => {
    begin({ burst: 3, oneEveryMs: 1_000_000 });
    for (let nth = 1; nth <= 3; nth++) {
      news.tell('a change');
      (await run(nth)).end();
      await rest();
    }
    news.tell('a change');
    await rest();
    expect(started).toHaveLength(3);
  });

  test('do not forget a change when no run may start', async () => {
    begin({ refusedPauseMs: 0 });
    answers.push(
      () => ({ kind: 'lost' }),
      () => ({ kind: 'draft' }),
    );
    news.tell('a change');
    expect((await run(3)).why).toBe('a change');
  });

  test('do not forget a change when the store fails', async () => {
    begin();
    answers.push(() => {
      throw new Error('database away');
    });
    news.tell('a change');
    expect(await pacing).toMatchObject({ message: 'database away' });
    begin();
    expect((await run(2)).why).toBe('a change');
  });
});
