import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../core/app-error.ts';
import type { ProcessLog } from '../../core/process-log.ts';
import type { RunRecord } from '../../core/records.ts';
import { isEnded, type RunError } from '../../core/run.ts';
import type { RunSignals, RunStore } from '../../core/run-store.ts';
import type { WatchNews, WatchStore, WatchTask } from '../../core/watch-store.ts';
import { News } from './news.ts';
import { type Pace, paceRuns } from './pace-runs.ts';

/** Watches the source of a task. See `watch` of a SourceModule. */
export type WatchSource = (
  task: WatchTask,
  options: { signal: AbortSignal; listening(): void; changed(): void },
) => Promise<never>;

export type WatchParts = {
  watches: WatchStore;
  runs: Pick<RunStore, 'findRun'>;
  signals: RunSignals;
  watchSource: WatchSource;
  log: ProcessLog;
};

/** A watch that this process holds. */
export type HeldWatch = {
  task: WatchTask;
  news(): WatchNews;
  /** Ends the watch. The lease stays. */
  stop(): void;
  /** Resolves when the watch has stopped or has broken. A broken one has given its lease back. */
  over: Promise<void>;
};

const began = 'The watch of the source has begun. This run brings what changed before.';
const changed = 'The source has changed.';

/** Holds one watch: it listens for changes, and starts runs because of them. */
export function holdWatch(parts: WatchParts, task: WatchTask, pace: Pace): HeldWatch {
  const stopping = new AbortController();
  const { signal } = stopping;
  const news = new News();
  let heardAt: number | null = null;
  let listeningSince: number | null = null;
  const listening = (): void => {
    listeningSince = Date.now();
    // If this can't be stored, the next renewal of the lease does it.
    parts.watches.listening(task.lease).catch((err: unknown) => parts.log.warn({ err }, 'A watch could not be noted'));
    news.tell(began);
  };
  const watching = parts.watchSource(task, {
    signal,
    listening,
    changed: () => {
      heardAt = Date.now();
      news.tell(changed);
    },
  });
  const runs = {
    start: (why: string) => parts.watches.startRun(task.lease, why),
    ended: (runId: string) => untilEnded(parts, { workspaceId: task.lease.workspaceId, runId }, signal),
    leftAlone: async ({ id, counts }: RunRecord) =>
      counts.skipped > 0 && parts.watches.leftContactsAlone(task.lease, id),
  };
  const pacing = keepPacing(() => paceRuns(news, runs, pace, signal), parts, task, signal);
  const over = watching
    .catch(async (error: unknown) => {
      if (signal.aborted) return;
      stopping.abort(error);
      await giveUp(parts, task, error, listeningSince);
    })
    .catch((err: unknown) => parts.log.warn({ err }, 'The end of a watch could not be stored; its lease runs out'))
    .then(() => pacing);
  return {
    task,
    news: () => ({ lease: task.lease, listeningSince: dateOf(listeningSince), changedAt: dateOf(heardAt) }),
    stop: () => stopping.abort(new Error('The watch is stopped.')),
    over,
  };
}

function dateOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

/** The pause after a failure of the store. */
const troublePauseMs = 5000;

async function keepPacing(
  pace: () => Promise<never>,
  { log }: WatchParts,
  { lease: { connectionId } }: WatchTask,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pace().catch((err: unknown) => {
      if (!signal.aborted) log.warn({ err, connectionId }, 'A run could not be started by a watch; it is tried again');
    });
    await wait(troublePauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** How often the run is read in case the signal of its end got lost. */
const lookAnywayMs = 10_000;

/** Waits for the end of a run. Null: it is gone. Rejects with the signal's reason. */
async function untilEnded(
  { runs, signals }: WatchParts,
  { workspaceId, runId }: { workspaceId: string; runId: string },
  signal: AbortSignal,
): Promise<RunRecord | null> {
  let look = new AbortController();
  const unsubscribe = signals.subscribe(
    (heard) => {
      if (heard.runId === runId && heard.ended) look.abort();
    },
    () => look.abort(),
  );
  try {
    for (;;) {
      signal.throwIfAborted();
      look = new AbortController();
      const run = await runs.findRun(workspaceId, runId).catch(() => undefined);
      if (run === null || (run !== undefined && isEnded(run.status))) return run;
      await wait(lookAnywayMs, undefined, { signal: AbortSignal.any([signal, look.signal]) }).catch(() => undefined);
    }
  } finally {
    unsubscribe();
  }
}

/** After a watch has run for this long, earlier failures no longer count. */
const goodMs = 60_000;
const firstRetryMs = 1000;
const longestRetryMs = 60_000;
/**
 * The pause after errors that stay until a person does something. Each refused sign-in also counts towards the lock of
 * the account.
 */
const longRetryMs = 3_600_000;
const staying = new Set(['BIND_REFUSED', 'WATCH_NOT_POSSIBLE', 'NOT_SUPPORTED', 'SETTINGS_UNREADABLE']);

/** Gives the lease of a broken watch back, and says when it is to be tried again: later after each failure. */
async function giveUp(
  { watches, log }: WatchParts,
  { lease, failures: before }: WatchTask,
  fault: unknown,
  listeningSince: number | null,
): Promise<void> {
  const { workspaceId, connectionId } = lease;
  const error = errorOf(fault);
  const stood = listeningSince !== null && Date.now() - listeningSince >= goodMs;
  const failures = stood ? 1 : before + 1;
  const pauseMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 20));
  const retryAfterMs = staying.has(error.code) ? longRetryMs : pauseMs * (0.5 + Math.random());
  const details = { err: fault, workspaceId, connectionId, failures, retryAfterMs: Math.round(retryAfterMs) };
  if (fault instanceof AppError) log.warn(details, 'A watch broke; it is set up again');
  else log.error(details, 'A watch broke because of an internal error; it is set up again');
  await watches.broken(lease, { error, failures, retryAfterMs });
}

function errorOf(fault: unknown): RunError {
  if (fault instanceof AppError) return { code: fault.code, message: fault.message, hint: fault.hint };
  return {
    code: 'INTERNAL',
    message: 'Something went wrong inside the service. Its log says what.',
    hint: 'It is tried again by itself.',
  };
}
