import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/core/app-error.ts';
import { DatabaseLost } from '../../src/core/database-trouble.ts';
import type { ClaimedRun, RunSync } from '../../src/core/run-store.ts';
import { createRunQueue } from '../../src/db/run/queue/create-run-queue.ts';
import { startWorker, type Worker } from '../../src/runner/start-worker.ts';
import { collectLog } from './support/collect-log.ts';
import { openProcess, type RunsProcess } from './support/open-process.ts';
import { anna, openRunsDatabase, type RunsDatabase } from './support/runs-database.ts';
import { line, untilAborted, write } from './support/scripted-run.ts';
import { queuedRun } from './support/start-claimed.ts';
import { untilStatus } from './support/until-status.ts';

let db: RunsDatabase;
const workers: Worker[] = [];

beforeAll(async () => {
  db = await openRunsDatabase();
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close();
});
afterAll(() => db.close());

async function work(
  runSync: RunSync,
  given: {
    process?: RunsProcess;
    patienceMs?: number;
    concurrency?: number;
    timing?: { patienceSeconds: number; lookEveryMs: number; pollEveryMs: number };
  } = {},
) {
  const { store, signals, boss } = given.process ?? db;
  const log = collectLog();
  const queue = createRunQueue(boss, signals, (err) => log.warn({ err }, 'job'), given.timing);
  const worker = await startWorker({ store, signals, queue, runSync, log, concurrency: 2, patienceMs: 0, ...given });
  workers.push(worker);
  return { worker, log };
}

const neverLooks = { patienceSeconds: 3600, lookEveryMs: 3_600_000, pollEveryMs: 3_600_000 };

/** Counts how often the process asks the queue for jobs. */
function countFetches({ boss }: RunsProcess) {
  const database = boss.getDb();
  const send = database.executeSql.bind(database);
  let [asked, done] = [0, 0];
  let told = () => {};
  database.executeSql = async (text, values) => {
    const isFetch = /WITH\s+next\s+AS/.test(text);
    if (isFetch) asked++;
    const result = await send(text, values);
    if (isFetch) done++;
    told();
    return result;
  };
  return {
    count: () => asked,
    answered: async (wanted: number) => {
      while (done < wanted) await new Promise<void>((resolve) => (told = resolve));
    },
  };
}

/** Resolves when the process has heard of the job that `queueJob` queues. */
async function signalled<T>({ signals }: RunsProcess, queueJob: () => Promise<T>): Promise<T> {
  const heard = Promise.withResolvers<void>();
  const unsubscribe = signals.onJob(heard.resolve);
  const [queued] = await Promise.all([queueJob(), heard.promise]);
  unsubscribe();
  return queued;
}

function succeed(claimed: ClaimedRun): Promise<void> {
  return write(db.pool, claimed, { to: 'succeeded' });
}

function start(given: { workspaceId?: string } = {}) {
  return queuedRun(db, given);
}

async function messages({ workspaceId, runId }: { workspaceId: string; runId: string }) {
  const slice = await db.store.runLog(workspaceId, runId, { after: 0, minLevel: 'DEBUG', search: null, first: 1000 });
  return slice.lines.map(({ message }) => message);
}

describe('a worker', () => {
  test('works on queued runs, up to its limit at a time', async () => {
    let atOnce = 0;
    let most = 0;
    const both = Promise.withResolvers<void>();
    await work(
      async (claimed) => {
        most = Math.max(most, ++atOnce);
        if (atOnce === 2) both.resolve();
        await both.promise;
        await write(db.pool, claimed, { lines: [line('done')], to: 'succeeded' });
        atOnce--;
      },
      { concurrency: 2 },
    );
    const runs = [await start(), await start(), await start()];
    for (const run of runs) await untilStatus(db, run, 'SUCCEEDED');
    expect(most).toBe(2);
  });

  test('works off a long queue without a pause after each run', async () => {
    const workspaceId = await db.addWorkspace();
    const runs = [];
    for (let i = 0; i < 60; i++) runs.push(await start({ workspaceId }));
    await work(async (claimed) => write(db.pool, claimed, { to: 'succeeded' }), { concurrency: 1 });
    for (const run of runs) await untilStatus(db, run, 'SUCCEEDED');
  });

  test('takes runs as soon as they are queued, by notification alone: it does not poll here', async () => {
    const process = await openProcess(db.url);
    const { worker } = await work(succeed, { process, timing: neverLooks });
    for (let nth = 0; nth < 5; nth++) await untilStatus(db, await start(), 'SUCCEEDED');
    for (const run of await Promise.all([start(), start(), start()])) await untilStatus(db, run, 'SUCCEEDED');
    await worker.close();
    await process.close();
  });

  test('reads the queue with one of its free slots, not with all of them', async () => {
    const process = await openProcess(db.url);
    const fetches = countFetches(process);
    const { worker } = await work(succeed, { process, concurrency: 20, timing: neverLooks });
    await fetches.answered(20);
    await untilStatus(db, await start(), 'SUCCEEDED');
    await worker.close();
    // Three reads at most: by the slot that was woken, by another slot that looks for more jobs, and by the first one
    // again after its run.
    expect(fetches.count() - 20).toBeLessThanOrEqual(3);
    await process.close();
  });

  test('does not read the queue while it has no free slot', async () => {
    const process = await openProcess(db.url);
    const fetches = countFetches(process);
    const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { worker } = await work(
      async (claimed) => {
        begun.resolve();
        await end.promise;
        await succeed(claimed);
      },
      { process, concurrency: 1, timing: { ...neverLooks, pollEveryMs: 1 } },
    );
    const first = await start();
    await begun.promise;
    const before = fetches.count();
    const second = await start();
    // When the signal of this later job has arrived, that of the second one has arrived too.
    const third = await signalled(process, start);
    expect(fetches.count()).toBe(before);
    end.resolve();
    for (const run of [first, second, third]) await untilStatus(db, run, 'SUCCEEDED');
    await worker.close();
    await process.close();
  });

  test('gives a free slot to the workspace with the fewest running runs, not to the one that queued more and earlier', async () => {
    const began: { workspaceId: string; end: () => void }[] = [];
    let heard = Promise.withResolvers<void>();
    /** The workspaces of the first `count` runs, in the order in which they began. */
    const begun = async (count: number) => {
      while (began.length < count) await heard.promise;
      return began.map(({ workspaceId }) => names.get(workspaceId));
    };
    const names = new Map([
      [await db.addWorkspace(), 'many'],
      [await db.addWorkspace(), 'few'],
      [await db.addWorkspace(), 'late'],
    ]);
    const [many, few, late] = [...names.keys()];
    const runs = [];
    for (const workspaceId of [many, many, many, many, few, few]) runs.push(await start({ workspaceId }));
    await work(
      async (claimed, signal) => {
        const ended = Promise.withResolvers<void>();
        began.push({ workspaceId: claimed.run.workspaceId, end: ended.resolve });
        heard.resolve();
        heard = Promise.withResolvers();
        await Promise.race([ended.promise, untilAborted(signal)]);
        await write(db.pool, claimed, { to: 'succeeded' });
      },
      { concurrency: 2 },
    );
    // Both slots were free, so these two begin at the same moment.
    expect((await begun(2)).sort()).toEqual(['few', 'many']);
    began.sort((one) => (one.workspaceId === many ? -1 : 1));
    began[0]?.end();
    expect(await begun(3)).toEqual(['many', 'few', 'many']);
    runs.push(await start({ workspaceId: late }));
    // Nothing of `few` is running any more, and `late` has not had a turn yet.
    began[1]?.end();
    expect(await begun(4)).toEqual(['many', 'few', 'many', 'late']);
    began[2]?.end();
    expect(await begun(5)).toEqual(['many', 'few', 'many', 'late', 'few']);
    for (let nth = 3; nth < runs.length; nth++) {
      await begun(nth + 1);
      began[nth]?.end();
    }
    for (const run of runs) await untilStatus(db, run, 'SUCCEEDED');
  });

  test('gives a waiting workspace one of two slots that another one has had for long; the interrupted run continues later', async () => {
    const [slow, other] = [await db.addWorkspace(), await db.addWorkspace()];
    const attempts: [string, number][] = [];
    const bothSlots = Promise.withResolvers<void>();
    const again = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    await work(
      async (claimed, signal) => {
        if (claimed.run.workspaceId === slow) {
          attempts.push([claimed.run.id, claimed.attempt]);
          if (attempts.length === 2) bothSlots.resolve();
          if (attempts.length === 3) again.resolve();
          await Promise.race([goOn.promise, untilAborted(signal)]);
        }
        await write(db.pool, claimed, { to: 'succeeded' });
      },
      { concurrency: 2, timing: { patienceSeconds: 0, lookEveryMs: 50, pollEveryMs: 2000 } },
    );
    const runs = [await start({ workspaceId: slow }), await start({ workspaceId: slow })];
    await bothSlots.promise;
    await untilStatus(db, await start({ workspaceId: other }), 'SUCCEEDED');
    await again.promise;
    goOn.resolve();
    for (const run of runs) await untilStatus(db, run, 'SUCCEEDED');
    const [id, attempt] = attempts.at(2) ?? [];
    expect(attempt).toBe(2);
    for (const run of runs) {
      const madeWay =
        'All slots were taken by runs of this workspace while another workspace waited: this run makes way, and it starts over when it has its turn.';
      expect(await messages(run)).toEqual(run.runId === id ? [madeWay] : []);
    }
  });

  test('ends a broken run with its code, its advice and a log line', async () => {
    const { log } = await work(async () => {
      throw new AppError('BIND_REFUSED', 'The server refused the password.', { hint: 'Enter it anew.' });
    });
    const ids = await start();
    const run = await untilStatus(db, ids, 'FAILED');
    expect(run.error).toEqual({
      code: 'BIND_REFUSED',
      message: 'The server refused the password.',
      hint: 'Enter it anew.',
    });
    expect(await messages(ids)).toEqual(['The server refused the password. Enter it anew. No contact was changed.']);
    expect(log.errors).toEqual([]);
  });

  test('ends a run after an internal error with a reference, and logs the details for the operator', async () => {
    const { worker, log } = await work(async () => {
      throw new TypeError('secret things at /var/lib');
    });
    const run = await untilStatus(db, await start(), 'FAILED');
    // After the worker has closed, its log is complete.
    workers.length = 0;
    await worker.close();
    expect(run.error?.code).toBe('INTERNAL');
    expect(JSON.stringify(run)).not.toContain('/var/lib');
    const [error] = log.errors;
    expect(error).toMatchObject({ runId: run.id, err: expect.any(TypeError) });
    expect(run.error?.message).toContain(String(error?.reference));
  });

  test('ends a run that its work has left open', async () => {
    await work(async () => {});
    expect(await untilStatus(db, await start(), 'FAILED')).toMatchObject({ error: { code: 'INTERNAL' } });
  });

  test('leaves a held run alone, and applies it once it is approved', async () => {
    const seen: boolean[] = [];
    await work(async (claimed) => {
      seen.push(claimed.planStands);
      await write(db.pool, claimed, { lines: [line('step')], to: claimed.planStands ? 'succeeded' : 'held' });
    });
    const ids = await start();
    await untilStatus(db, ids, 'HELD');
    await db.store.approve(ids.workspaceId, ids.runId, anna);
    await untilStatus(db, ids, 'SUCCEEDED');
    expect(seen).toEqual([false, true]);
  });

  test('stops a cancelled run by its signal and ends it', async () => {
    const reasons: string[] = [];
    await work(async (claimed, signal) => {
      await write(db.pool, claimed, { lines: [line('reading')] });
      await untilAborted(signal).catch((reason: Error) => {
        reasons.push(reason.name);
        throw reason;
      });
    });
    const ids = await start();
    await untilStatus(db, ids, 'RUNNING');
    await db.store.cancel(ids.workspaceId, ids.runId, anna);
    const run = await untilStatus(db, ids, 'CANCELLED');
    expect(run).toMatchObject({ phase: 'FINISHED', error: null });
    expect(reasons).toEqual(['RunCancelled']);
    expect((await messages(ids)).at(-1)).toBe('Cancelled by Anna Berg. Nothing was applied.');
  });

  test('stops work on a run that another attempt has taken over', async () => {
    const reason = Promise.withResolvers<unknown>();
    const taken = Promise.withResolvers<void>();
    await work(async (_claimed, signal) => {
      taken.resolve();
      await untilAborted(signal).catch((error: unknown) => {
        reason.resolve(error);
        throw error;
      });
    });
    const ids = await start();
    await taken.promise;
    // As another process does that takes the first one for dead.
    await db.pool.query(`UPDATE run SET attempt = attempt + 1 WHERE id = $1`, [ids.runId]);
    expect(await reason.promise).toMatchObject({ code: 'FENCED' });
    expect(await db.store.findRun(ids.workspaceId, ids.runId)).toMatchObject({ status: 'RUNNING', error: null });
    await db.store.cancel(ids.workspaceId, ids.runId, anna);
    await untilStatus(db, ids, 'CANCELLED');
  });

  test('that closes hands a run back, which continues in another process', async () => {
    const taken = Promise.withResolvers<void>();
    const { worker } = await work(async (claimed, signal) => {
      await write(db.pool, claimed, { lines: [line('first worker')] });
      taken.resolve();
      await untilAborted(signal);
    });
    const ids = await start();
    await taken.promise;
    workers.length = 0;
    await worker.close();
    expect(await db.store.findRun(ids.workspaceId, ids.runId)).toMatchObject({ status: 'RUNNING' });
    const other = await openProcess(db.url);
    try {
      const { worker: second } = await work(
        async (claimed) => write(other.pool, claimed, { lines: [line('second worker')], to: 'succeeded' }),
        { process: other },
      );
      await untilStatus(db, ids, 'SUCCEEDED');
      await second.close();
      workers.length = 0;
    } finally {
      await other.close();
    }
    expect(await messages(ids)).toEqual([
      'first worker',
      'The process that worked on this run is gone (attempt 1). Nothing was applied yet: the run starts over.',
      'second worker',
    ]);
  });

  test('hands a run back when the database stays away, and works on it later, with the cause in its log', async () => {
    let tries = 0;
    await work(async (claimed) => {
      if (++tries === 1) throw new DatabaseLost('The database was away for too long.', { startOver: false });
      await write(db.pool, claimed, { to: 'succeeded' });
    });
    const ids = await start();
    await untilStatus(db, ids, 'SUCCEEDED');
    expect(await messages(ids)).toEqual([
      'The database crashed or was lost while this run was worked on (attempt 1). Nothing was applied yet: the run starts over.',
    ]);
  });

  test('that closes waits for a run that is about to end', async () => {
    const taken = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { worker } = await work(
      async (claimed) => {
        taken.resolve();
        await goOn.promise;
        await write(db.pool, claimed, { to: 'succeeded' });
      },
      { patienceMs: 30_000 },
    );
    const ids = await start();
    await taken.promise;
    workers.length = 0;
    const closed = worker.close();
    goOn.resolve();
    await closed;
    expect(await db.store.findRun(ids.workspaceId, ids.runId)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
