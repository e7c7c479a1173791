import type { Schedule } from '../../core/connection.ts';
import { nextTimes } from './next-times.ts';

export type ScheduleFault = {
  setting: 'cron' | 'timeZone';
  code: 'INVALID_CRON' | 'INVALID_TIME_ZONE';
  message: string;
};

/** Numbers, lists, ranges and steps. What else the parser knows (H, L, W, #, ?, @daily) other tools read differently. */
const field = /^[\d*,/-]*$/;
const names = /\b(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT)\b/gi;

/** What is wrong with a schedule: five cron fields, an IANA time zone, and some time after `now`. Null: nothing. */
export function scheduleFault({ cron, timeZone }: Schedule, now: Date): ScheduleFault | null {
  if (!isTimeZone(timeZone)) {
    const message = `"${timeZone}" is no time zone of the IANA list, such as Europe/Berlin or UTC.`;
    return { setting: 'timeZone', code: 'INVALID_TIME_ZONE', message };
  }
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5 || !fields.every((text) => field.test(text.replace(names, '')))) {
    return invalid(`"${cron}" is no schedule: write minute, hour, day, month and weekday, e.g. 0 6 * * MON-FRI.`);
  }
  try {
    nextTimes({ cron, timeZone }, 1, now);
    return null;
  } catch {
    return invalid(`"${cron}" never comes, or one of its fields is malformed or out of range.`);
  }
}

const invalid = (message: string): ScheduleFault => ({ setting: 'cron', code: 'INVALID_CRON', message });

/** By its name: an offset such as +02:00 knows no summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
