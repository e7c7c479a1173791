import { setTimeout as wait } from 'node:timers/promises';
import type { RunRecord } from '../../core/records.ts';
import type { StoredStart } from '../../core/run-store.ts';
import type { News } from './news.ts';

/** How quickly runs follow changes. */
export type Pace = {
  /** A run starts when no further change has come for `quietMs`, or `gatherMs` after the first one. */
  quietMs: number;
  gatherMs: number;
  /** How many runs may follow each other quickly. After them, one run may start every `oneEveryMs`. */
  burst: number;
  oneEveryMs: number;
  /**
   * If two runs in a row took longer than this, the source gets a pause as long as the shorter one, up to
   * `longestRestMs`. A single long run is not unusual: the first one reads everybody.
   */
  longRunMs: number;
  longestRestMs: number;
  /** The pause after a run that failed, was rejected or cancelled. It doubles each time, up to `longestPauseMs`. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** The pause when no run may start: the lease is lost, or the connection is not Enabled. */
  refusedPauseMs: number;
};

export const usualPace: Pace = {
  quietMs: 200,
  gatherMs: 1000,
  burst: 100,
  oneEveryMs: 10_000,
  longRunMs: 5000,
  longestRestMs: 600_000,
  firstPauseMs: 5000,
  longestPauseMs: 3_600_000,
  refusedPauseMs: 2000,
};

/** How runs are started and followed. */
export type RunsOfWatch = {
  start(why: string): Promise<StoredStart | { kind: 'lost' }>;
  /** Resolves when the run has ended. Null: it is gone. */
  ended(runId: string): Promise<RunRecord | null>;
  /** Whether the run has left contacts alone because somebody changed them during the run. */
  leftAlone(run: RunRecord): Promise<boolean>;
};

const leftContactsAlone = 'The previous run left contacts alone that somebody had changed during it.';

/**
 * Starts a run when there is news, again and again. Changes during a run lead to one more run after it. If another run
 * of the connection is open, even a HELD one, it waits for its end. After a run that failed, the same changes are tried
 * again. So are those of contacts that a run has left alone because somebody changed them in the meantime. Never
 * resolves. Rejects when the signal aborts, and with errors of the store; the news stays then.
 */
export async function paceRuns(news: News, runs: RunsOfWatch, pace: Pace, signal: AbortSignal): Promise<never> {
  const allowance = allowanceOf(pace);
  for (let [badEnds, lastTookMs] = [0, 0]; ; ) {
    await news.arrival(signal);
    await gather(news, pace, signal);
    await allowance.take(signal);
    const why = news.take();
    const outcome = await runs.start(why).catch((error: unknown) => {
      news.tell(why);
      throw error;
    });
    if (!('run' in outcome)) {
      // The watch will probably be stopped soon. If not, the change must not be forgotten.
      news.tell(why);
      await wait(pace.refusedPauseMs, undefined, { signal });
      continue;
    }
    const run = await runs.ended(outcome.run.id);
    // That run may have read before the change.
    if (outcome.kind === 'already_running') news.tell(why);
    if (run === null || run.status === 'SUCCEEDED' || run.status === 'PARTIAL') {
      badEnds = 0;
      // If the answer is unknown, one more run does no harm.
      if (run !== null && (await runs.leftAlone(run).catch(() => true))) news.tell(leftContactsAlone);
      const tookMs = durationOf(run);
      const bothMs = Math.min(tookMs, lastTookMs);
      lastTookMs = tookMs;
      if (bothMs > pace.longRunMs) await wait(Math.min(bothMs, pace.longestRestMs), undefined, { signal });
    } else {
      badEnds++;
      if (run.status === 'FAILED') news.tell(why);
      await wait(pauseAfter(run, badEnds, pace), undefined, { signal });
    }
  }
}

async function gather(news: News, { quietMs, gatherMs }: Pace, signal: AbortSignal): Promise<void> {
  const until = performance.now() + gatherMs;
  for (;;) {
    const now = performance.now();
    const left = Math.min(until, news.lastAt + quietMs) - now;
    if (left <= 0) return;
    await wait(Math.ceil(left), undefined, { signal });
  }
}

/**
 * The duration of a run. For a HELD run it is mostly the time until a person decided, which says nothing about the
 * source.
 */
function durationOf(run: RunRecord | null): number {
  if (run === null || run.startedAt === null || run.finishedAt === null || run.decidedAt !== null) return 0;
  return run.finishedAt.getTime() - run.startedAt.getTime();
}

/** Each refused sign-in counts towards the lock of the account, so after one the longest pause comes at once. */
function pauseAfter({ error }: RunRecord, badEnds: number, { firstPauseMs, longestPauseMs }: Pace): number {
  if (error?.code === 'BIND_REFUSED') return longestPauseMs;
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(badEnds - 1, 20)) * (0.75 + Math.random() / 2);
}

/** How many runs may start now. One more is allowed every `oneEveryMs`, up to `burst`. */
function allowanceOf({ burst, oneEveryMs }: Pace) {
  let left = burst;
  let countedAt = performance.now();
  return {
    take: async (signal: AbortSignal): Promise<void> => {
      const gained = (performance.now() - countedAt) / oneEveryMs;
      countedAt = performance.now();
      left = Math.min(burst, left + gained) - 1;
      if (left < 0) await wait(-left * oneEveryMs, undefined, { signal });
    },
  };
}
