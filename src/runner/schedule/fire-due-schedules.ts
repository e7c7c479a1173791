import type { RunStore, ScheduledConnection } from '../../core/run-store.ts';
import { nextTimes } from './next-times.ts';

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
