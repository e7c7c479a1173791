import type { RunStore } from '../core/run-store.ts';

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
      .catch(onTrouble)
      .then(() => {
        if (!stopped) timer = setTimeout(tick, everyMs);
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
