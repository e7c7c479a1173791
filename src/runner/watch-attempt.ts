import { AppError } from '../core/app-error.ts';
import type { ClaimedRun, RunSignals, RunStore } from '../core/run-store.ts';

/** How often the store is asked in case a signal got lost. */
const askAnywayMs = 1000;
/** The least time between two questions, because a run signals each of its own steps, too. */
const betweenAsksMs = 250;

/**
 * Aborts within about a second: with RunCancelled when a person wants the run to stop, with an AppError FENCED when another attempt
 * has taken over. While the database does not answer, it asks again.
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
  // A request to stop may have come between the claim and now, so it asks at once.
  askIn(0);
  return {
    signal: controller.signal,
    stop: () => {
      unsubscribe();
      // After the abort nothing is asked any more, and a late answer changes nothing.
      controller.abort();
      clearTimeout(timer);
    },
  };
}

/** The reason with which a run's signal aborts when a person wants the run to stop. */
export class RunCancelled extends Error {
  constructor() {
    super('The run was cancelled.');
    this.name = 'RunCancelled';
  }
}
