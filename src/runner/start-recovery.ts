import { DatabaseLost } from '../core/database-lost.ts';
import type { RunStore } from '../core/run-store.ts';

/** While the database was away it heard of nobody: workers that live get the time in which one that is silent counts as lost. */
const silenceMs = 10_000;

/**
 * Looks every `everyMs` for runs that have lost their worker. Each process does: whoever finds one first gives it a new job.
 * `stop` resolves when a look under way is over.
 */
export function startRecovery(
  store: RunStore,
  everyMs: number,
  onTrouble: (error: unknown) => void,
): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let look: Promise<void> = Promise.resolve();
  const tick = () => {
    look = store
      .recoverLostRuns()
      .then(
        () => everyMs,
        (error: unknown) => {
          onTrouble(error);
          return error instanceof DatabaseLost ? silenceMs : everyMs;
        },
      )
      .then((pauseMs) => {
        if (!stopped) timer = setTimeout(tick, pauseMs);
      });
  };
  tick();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return look;
    },
  };
}
