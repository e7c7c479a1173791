import { CronExpressionParser } from 'cron-parser';
import type { Schedule } from '../../core/connection.ts';

/**
 * The next `count` times of a schedule after `from`, in order. A time that the clocks skip in spring comes later by the hour skipped; a
 * time that they show twice in autumn comes once. Throws when the schedule is malformed; see `scheduleFault`.
 */
export function nextTimes({ cron, timeZone }: Schedule, count: number, from: Date): Date[] {
  const expression = CronExpressionParser.parse(cron, { currentDate: from, tz: timeZone });
  return Array.from({ length: count }, () => expression.next().toDate());
}
