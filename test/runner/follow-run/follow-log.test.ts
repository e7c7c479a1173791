import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import type { ClaimedRun, RunSignals, RunStore } from '../../../src/core/run-store.ts';
import type { LogBatch } from '../../../src/core/runner-port.ts';
import type { LogQuery } from '../../../src/core/store.ts';
import { followLog } from '../../../src/runner/follow-run/follow-log.ts';
import { createRunFeeds } from '../../../src/runner/follow-run/run-feed.ts';
import { openProcess, type RunsProcess } from '../support/open-process.ts';
import { openRunsDatabase, type RunsDatabase } from '../support/runs-database.ts';
import { line, write } from '../support/scripted-run.ts';
import { claimedRun } from '../support/start-claimed.ts';

let db: RunsDatabase;
/** An API process, which does not run syncs. */
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

function fail(error: unknown) {
  throw error;
}

function openFeeds(parts: { store?: RunStore; signals?: RunSignals } = {}) {
  return createRunFeeds(parts.store ?? api.store, parts.signals ?? api.signals, fail);
}

type Feeds = ReturnType<typeof openFeeds>;
type Wish = { after?: number; minLevel?: LogQuery['minLevel']; signal?: AbortSignal };
async function* follow(
  feeds: Feeds,
  { run }: ClaimedRun,
  { after = 0, minLevel = 'INFO', signal = never }: Wish = {},
): AsyncGenerator<LogBatch, void> {
  yield* await followLog(feeds, { workspaceId: run.workspaceId, runId: run.id, after, minLevel }, signal);
}

function say(claimed: ClaimedRun, first: number, last: number, level: 'DEBUG' | 'INFO' = 'INFO') {
  return write(db.pool, claimed, {
    lines: Array.from({ length: last - first + 1 }, (_, i) => line(`line ${first + i}`, level)),
  });
}

function end(claimed: ClaimedRun) {
  return write(db.pool, claimed, { lines: [line('the end')], to: 'succeeded' });
}

async function all(batches: AsyncIterable<LogBatch>): Promise<LogBatch[]> {
  const got: LogBatch[] = [];
  for await (const batch of batches) got.push(batch);
  return got;
}

function seqs(batches: LogBatch[]) {
  return batches.flatMap(({ lines }) => lines.map(({ seq }) => seq));
}

function upTo(last: number) {
  return Array.from({ length: last }, (_, i) => i + 1);
}

describe('following a log', () => {
  test('yields the stored lines, then new ones, each once, and ends with the run', async () => {
    const claimed = await claimedRun(db);
    await say(claimed, 1, 5);
    const following = all(follow(openFeeds(), claimed));
    await say(claimed, 6, 7);
    await say(claimed, 8, 8);
    await end(claimed);
    const batches = await following;
    expect(seqs(batches)).toEqual(upTo(9));
    expect(batches.at(-1)).toMatchObject({ runId: claimed.run.id, runStatus: 'SUCCEEDED', lastSeq: 9 });
  });

  test('of an ended run replays it and ends', async () => {
    const claimed = await claimedRun(db);
    await say(claimed, 1, 2500);
    await end(claimed);
    const batches = await all(follow(openFeeds(), claimed));
    expect(seqs(batches)).toEqual(upTo(2501));
    expect(batches.map(({ lines }) => lines.length)).toEqual([1000, 1000, 501]);
  });

  test('of an old run whose log was dropped reports how it ended, without lines', async () => {
    const claimed = await claimedRun(db);
    await say(claimed, 1, 5);
    await end(claimed);
    await db.pool.query('DELETE FROM run_log WHERE run_id = $1', [claimed.run.id]);
    const batches = await all(follow(openFeeds(), claimed));
    expect(batches).toEqual([{ runId: claimed.run.id, runStatus: 'SUCCEEDED', lines: [], lastSeq: 6 }]);
  });

  test('from the last line of an ended run on reports how it ended', async () => {
    const claimed = await claimedRun(db);
    await end(claimed);
    const batches = await all(follow(openFeeds(), claimed, { after: 1 }));
    expect(batches).toEqual([{ runId: claimed.run.id, runStatus: 'SUCCEEDED', lines: [], lastSeq: 1 }]);
  });

  test('continues where a broken connection left off', async () => {
    const claimed = await claimedRun(db);
    const feeds = openFeeds();
    await say(claimed, 1, 3);
    const first = follow(feeds, claimed);
    const got = (await first.next()).value as LogBatch;
    await first.return(undefined);
    await say(claimed, 4, 6);
    const second = all(follow(feeds, claimed, { after: got.lastSeq }));
    await say(claimed, 7, 7);
    await end(claimed);
    expect([...seqs([got]), ...seqs(await second)]).toEqual(upTo(8));
  });

  test('gives a slow reader more lines at once, and no line is lost', async () => {
    const claimed = await claimedRun(db);
    await say(claimed, 1, 1);
    const batches = follow(openFeeds(), claimed);
    const got = [(await batches.next()).value as LogBatch];
    for (let i = 0; i < 30; i++) await say(claimed, 2 + i * 50, 51 + i * 50);
    await end(claimed);
    got.push(...(await all(batches)));
    expect(seqs(got)).toEqual(upTo(1502));
    // Lines were added 32 times. How many lines the first read gets depends on the machine, and the end may come in a
    // separate batch.
    expect(got.length).toBeLessThan(10);
    expect(Math.max(...got.map(({ lines }) => lines.length))).toBeGreaterThan(50);
  });

  test('leaves out what is below the wanted level, and counts it', async () => {
    const claimed = await claimedRun(db);
    const following = all(follow(openFeeds(), claimed, { minLevel: 'INFO' }));
    await say(claimed, 1, 10, 'DEBUG');
    await end(claimed);
    const batches = await following;
    expect(seqs(batches)).toEqual([11]);
    expect(batches.at(-1)?.lastSeq).toBe(11);
  });

  test('of an unknown or malformed run ends at once', async () => {
    const claimed = await claimedRun(db);
    for (const id of [uuidv7(), 'nonsense']) {
      expect(await all(follow(openFeeds(), { ...claimed, run: { ...claimed.run, id } }))).toEqual([]);
    }
  });

  test('finds changes whose signals got lost', async () => {
    const claimed = await claimedRun(db);
    const deaf: RunSignals = { subscribe: () => () => {} };
    const following = all(follow(openFeeds({ signals: deaf }), claimed));
    await say(claimed, 1, 2);
    await end(claimed);
    expect(seqs(await following)).toEqual(upTo(3));
  });

  test('continues after the listening connection was lost', async () => {
    const claimed = await claimedRun(db);
    const batches = follow(openFeeds(), claimed);
    await say(claimed, 1, 1);
    const got = [(await batches.next()).value as LogBatch];
    const rest = all(batches);
    await db.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'contact-sync-listen'`,
    );
    await say(claimed, 2, 3);
    await end(claimed);
    expect([...seqs(got), ...seqs(await rest)]).toEqual(upTo(4));
  });

  test('stops listening when nobody follows any more, by return or by signal', async () => {
    let listening = 0;
    const signals: RunSignals = {
      subscribe: (hear, missed) => {
        listening++;
        const unsubscribe = api.signals.subscribe(hear, missed);
        return () => {
          listening--;
          unsubscribe();
        };
      },
    };
    const claimed = await claimedRun(db);
    await say(claimed, 1, 1);
    const feeds = openFeeds({ signals });
    const aborting = new AbortController();
    const first = follow(feeds, claimed);
    const second = all(follow(feeds, claimed, { signal: aborting.signal }));
    await first.next();
    expect(listening).toBe(1);
    await first.return(undefined);
    aborting.abort();
    await second;
    expect(listening).toBe(0);
  });

  test('costs one read per batch for a hundred viewers, and each gets all lines', async () => {
    const claimed = await claimedRun(db);
    const reads: LogQuery[] = [];
    let looks = 0;
    const counting: RunStore = {
      ...api.store,
      runLog: (workspaceId, runId, query) => {
        reads.push(query);
        return api.store.runLog(workspaceId, runId, query);
      },
      findRun: (workspaceId, runId) => {
        looks++;
        return api.store.findRun(workspaceId, runId);
      },
    };
    const feeds = openFeeds({ store: counting });
    const viewers = Array.from({ length: 100 }, () => follow(feeds, claimed));
    await say(claimed, 1, 10);
    const firsts = await Promise.all(viewers.map((viewer) => viewer.next()));
    expect(reads).toHaveLength(1);
    const following = Promise.all(viewers.map(all));
    for (let i = 0; i < 20; i++) await say(claimed, 11 + i * 10, 20 + i * 10);
    await end(claimed);
    for (const [i, rest] of (await following).entries()) {
      expect(seqs([firsts[i]?.value as LogBatch, ...rest])).toEqual(upTo(211));
    }
    // Each read continues where the one before ended, so no part is read twice.
    expect(new Set(reads.map(({ after }) => after)).size).toBe(reads.length);
    expect(looks).toBeLessThan(2 * reads.length + 5);
  });

  test('lets a late viewer catch up with the others, then reads once for all', async () => {
    const claimed = await claimedRun(db);
    const feeds = openFeeds();
    await say(claimed, 1, 1500);
    const early = follow(feeds, claimed, { after: 1499 });
    const got = [(await early.next()).value as LogBatch];
    const late = all(follow(feeds, claimed));
    const rest = all(early);
    for (let i = 0; i < 5; i++) await say(claimed, 1501 + i, 1501 + i);
    await end(claimed);
    expect([...seqs(got), ...seqs(await rest)]).toEqual([1500, 1501, 1502, 1503, 1504, 1505, 1506]);
    expect(seqs(await late)).toEqual(upTo(1506));
  });
});
