import type { RunStore, ScheduledConnection } from '../../core/run-store.ts';
import { nextTimes } from './next-times.ts';

const minuteMs = 60_000;

/**
 * Checks the schedules now, to catch up on times that came due while no process checked, and then at the beginning of each minute,
 * which is the finest step of cron. `stop` resolves when a check under way is over.
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

/**
 * Starts a run for every schedule with a due time since its last check. Several due times since then count as one. Many processes may
 * check at the same moment; only one of them starts the run. `onTrouble` gets the errors of schedules that failed; they are tried
 * again at the next check.
 */
export async function fireDueSchedules(store: RunStore, now: Date, onTrouble: (error: unknown) => void): Promise<void> {
  for (const scheduled of await store.scheduledConnections()) {
    try {
      await lookAt(store, scheduled, now);
    } catch (error) {
      onTrouble(error);
    }
  }
}

async function lookAt(store: RunStore, scheduled: ScheduledConnection, now: Date): Promise<void> {
  // Storing the time keeps later edits of the connection from moving it.
  if (!scheduled.marked && !(await store.passSchedule(scheduled, scheduled.lookedAt, false))) return;
  const [due] = nextTimes(scheduled.schedule, 1, scheduled.lookedAt);
  if (due === undefined || due > now) return;
  await store.passSchedule({ ...scheduled, mark: scheduled.lookedAt }, now, scheduled.active);
}
