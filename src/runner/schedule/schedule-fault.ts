import { isTimeZone, type Schedule } from '../../core/connection.ts';
import { quoteValue } from '../../core/outside-text.ts';
import type { Fault } from '../../core/user-error.ts';
import { cronFault } from './cron-fault.ts';
import { nextTimes } from './next-times.ts';

/** What is wrong with a schedule: five cron fields, an IANA time zone, and some time after `now`. Null: nothing. */
export function scheduleFault({ cron, timeZone }: Schedule, now: Date): Fault | null {
  if (!isTimeZone(timeZone)) {
    const message = `${quoteValue(timeZone)} is no time zone of the IANA list, such as Europe/Berlin or UTC.`;
    return { path: ['timeZone'], code: 'INVALID_TIME_ZONE', message };
  }
  const fault =
    cronFault(cron) ?? (comes({ cron, timeZone }, now) ? null : 'No month named here has such a day of month.');
  return fault === null ? null : { path: ['cron'], code: 'INVALID_CRON', message: fault };
}

function comes(schedule: Schedule, now: Date): boolean {
  try {
    return nextTimes(schedule, 1, now).length > 0;
  } catch {
    return false;
  }
}
