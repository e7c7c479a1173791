import type { RunStore } from '../../core/run-store.ts';
import { fireDueSchedules } from './fire-due-schedules.ts';

const minuteMs = 60_000;

/**
 * Looks at the schedules now, to make up for what came due while nobody looked, and then at the beginning of each minute
 * (cron knows nothing finer). `stop` resolves when a look under way is over.
 */
export function startScheduler(store: RunStore, onTrouble: (error: unknown) => void): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let look: Promise<void> = Promise.resolve();
  const tick = () => {
    look = fireDueSchedules(store, new Date(), onTrouble)
      .catch(onTrouble)
      .then(() => {
        if (!stopped) timer = setTimeout(tick, minuteMs - (Date.now() % minuteMs));
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
