import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextTimes } from '../../../src/runner/schedule/next-times.ts';
import { cronFault, scheduleFault } from '../../../src/runner/schedule/schedule-fault.ts';

const now = new Date('2026-11-22T12:00:00Z');

describe('a schedule', () => {
  test.each([
    ['0 6 * * *', 'UTC'],
    ['*/15 8-18 * * MON-FRI', 'Europe/Berlin'],
    ['0 0 1,15 jan,JUL *', 'America/New_York'],
    ['  5   4 * * sun ', 'Asia/Kolkata'],
    ['0 0 29 2 *', 'UTC'],
    ['0 0 * * 7', 'UTC'],
    ['5/15 0 1-31/2 */12 5-7', 'UTC'],
    ['0 0 * * SUN-FRI', 'UTC'],
  ])('%j in %s is fine', (cron, timeZone) => {
    expect(scheduleFault({ cron, timeZone }, now)).toBeNull();
  });

  test.each([
    ['', 'five fields: minute, hour, day of month, month, day of week'],
    ['* * * *', 'five fields'],
    ['0 0 6 * * *', 'five fields'],
    ['@daily', 'five fields'],
    ['60 0 * * *', 'minute "60"'],
    ['-1 0 * * *', 'minute "-1"'],
    ['0 24 * * *', 'hour "24"'],
    ['0 0 0 * *', 'day of month "0"'],
    ['0 0 32 * *', 'day of month "32"'],
    ['0 0 1 13 *', 'month "13"'],
    ['0 0 1 MAI *', 'month "MAI"'],
    ['0 0 * * 8', 'day of week "8"'],
    ['0 0 30 2 *', 'day of month'],
    ['0 0 31 2,4 *', 'day of month'],
    ['H H * * *', 'minute "H"'],
    ['0 0 L * *', 'day of month "L"'],
    ['0 0 ? * *', 'day of month "?"'],
    ['0 0 * * MON#1', 'day of week "MON#1"'],
    ['0 0 * * MONDAY', 'day of week "MONDAY"'],
    ['0 0 * * -', 'day of week "-"'],
    ['*/0 * * * *', 'minute "*/0" has a step'],
    ['* */99 * * *', 'hour "*/99" has a step'],
    ['*/5/5 * * * *', 'minute "*/5/5" has more than one step'],
    ['5-1 * * * *', 'minute "5-1" has a range that ends before it begins'],
    ['0 0 * * FRI-SUN', 'day of week "FRI-SUN" has a range that ends'],
    ['1-2-3 * * * *', 'minute "1-2-3"'],
    ['0 0 1,1 * *', 'day of month "1,1" names the same value twice'],
    ['*,5 * * * *', 'minute "*,5" names the same value twice'],
    ['0 0 * * 0,7', 'day of week "0,7" names the same value twice'],
    [', * * * *', 'minute ","'],
    ['0 1e1 * * *', 'hour "1e1"'],
    ['0 0 * * * '.repeat(100), 'at most 200 characters'],
  ])('%j is refused, and the message says why: %s', (cron, reason) => {
    expect(scheduleFault({ cron, timeZone: 'UTC' }, now)).toMatchObject({
      path: ['cron'],
      code: 'INVALID_CRON',
      message: expect.stringContaining(reason),
    });
  });

  test('that is accepted has a next time, whatever it is made of', () => {
    const value = fc.oneof(
      fc.constant('*'),
      fc.integer({ min: 0, max: 31 }).map(String),
      fc.constantFrom('MON', 'jan'),
    );
    const item = fc.oneof(
      value,
      fc.tuple(value, value).map((ends) => ends.join('-')),
      fc.tuple(value, value).map((parts) => parts.join('/')),
    );
    const field = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
    fc.assert(
      fc.property(fc.tuple(field, field, field, field, field), (parts) => {
        const cron = parts.join(' ');
        const fault = cronFault(cron);
        if (fault === null && /31|30|29/.test(parts[2]) === false)
          expect(nextTimes({ cron, timeZone: 'UTC' }, 1, now)).toHaveLength(1);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['Mars/Base', '+02:00', '', 'Europe'])('time zone %j is refused', (timeZone) => {
    expect(scheduleFault({ cron: '0 6 * * *', timeZone }, now)).toMatchObject({
      path: ['timeZone'],
      code: 'INVALID_TIME_ZONE',
    });
  });
});
