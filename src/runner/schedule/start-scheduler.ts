import type { RunStore, ScheduledConnection } from '../../core/run-store.ts';
import { nextTimes } from './next-times.ts';

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

/**
 * Starts a run for every schedule of which a time has come since it was last looked at. Any number of processes may look at
 * the same moment: each time is done with once. Times that came while nobody looked count as one. `onTrouble` hears of
 * schedules that could not be dealt with; they are tried again at the next look.
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
  // From here on a later edit of something else does not move the beginning.
  if (!scheduled.marked && !(await store.passSchedule(scheduled, scheduled.lookedAt, false))) return;
  const [due] = nextTimes(scheduled.schedule, 1, scheduled.lookedAt);
  if (due === undefined || due > now) return;
  await store.passSchedule({ ...scheduled, mark: scheduled.lookedAt }, now, scheduled.active);
}
