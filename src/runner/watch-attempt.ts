import { AppError } from '../core/app-error.ts';
import type { ClaimedRun, RunSignals, RunStore } from '../core/run-store.ts';

/** In case a signal got lost. */
const askAnywayMs = 1000;
/** A run signals each of its own steps, too. */
const betweenAsksMs = 250;

/**
 * Aborts with RunCancelled when somebody wants the run to stop, with an AppError FENCED when another attempt has taken over;
 * within a second or so. While the database can't be asked, it asks again.
 */
export function watchAttempt(
  store: RunStore,
  signals: RunSignals,
  claimed: ClaimedRun,
): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let asking = false;
  let heardOf = false;
  let askedAt = Number.NEGATIVE_INFINITY;

  const askIn = (ms: number) => {
    clearTimeout(timer);
    if (!controller.signal.aborted) timer = setTimeout(ask, ms);
  };
  const ask = async () => {
    asking = true;
    heardOf = false;
    askedAt = performance.now();
    const state = await store.attemptState(claimed).catch(() => 'going_on' as const);
    asking = false;
    if (state === 'cancel_requested') controller.abort(new RunCancelled());
    if (state === 'fenced') controller.abort(new AppError('FENCED', 'Another worker has taken over this run.'));
    askIn(heardOf ? betweenAsksMs : askAnywayMs);
  };
  const hear = () => {
    if (heardOf) return;
    heardOf = true;
    if (!asking) askIn(Math.max(0, askedAt + betweenAsksMs - performance.now()));
  };
  const unsubscribe = signals.subscribe((signal) => {
    if (signal.runId === claimed.run.id && signal.workspaceId === claimed.run.workspaceId) hear();
  }, hear);
  // What was asked for between the claim and now is found at once.
  askIn(0);
  return {
    signal: controller.signal,
    stop: () => {
      unsubscribe();
      // Nothing is asked any more, and an answer under way changes nothing.
      controller.abort();
      clearTimeout(timer);
    },
  };
}

/** Why a run's signal aborts when somebody wants the run to stop. */
export class RunCancelled extends Error {
  constructor() {
    super('The run was cancelled.');
    this.name = 'RunCancelled';
  }
}
