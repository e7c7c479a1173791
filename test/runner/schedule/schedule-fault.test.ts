import { describe, expect, test } from '@jest/globals';
import { scheduleFault } from '../../../src/runner/schedule/schedule-fault.ts';

const now = new Date('2026-11-22T12:00:00Z');

describe('a schedule', () => {
  test.each([
    ['0 6 * * *', 'UTC'],
    ['*/15 8-18 * * MON-FRI', 'Europe/Berlin'],
    ['0 0 1,15 jan,JUL *', 'America/New_York'],
    ['  5   4 * * sun ', 'Asia/Kolkata'],
    ['0 0 29 2 *', 'UTC'],
    ['0 0 * * 7', 'UTC'],
  ])('%j in %s is fine', (cron, timeZone) => {
    expect(scheduleFault({ cron, timeZone }, now)).toBeNull();
  });

  test.each([
    ['', 'no fields'],
    ['* * * *', 'four fields'],
    ['0 0 6 * * *', 'seconds'],
    ['@daily', 'a nickname'],
    ['60 0 * * *', 'a minute out of range'],
    ['0 24 * * *', 'an hour out of range'],
    ['0 0 30 2 *', 'a day that never comes'],
    ['H H * * *', 'a hashed field'],
    ['0 0 L * *', 'the last day'],
    ['0 0 ? * *', 'a question mark'],
    ['0 0 * * MON#1', 'an nth weekday'],
    ['0 0 * * MONDAY', 'a long name'],
    ['0 0 * * - ', 'a range of nothing'],
    ['*/0 * * * *', 'a step of nothing'],
    ['5-1 * * * *', 'a range backwards'],
  ])('%j is refused: %s', (cron) => {
    expect(scheduleFault({ cron, timeZone: 'UTC' }, now)).toMatchObject({ setting: 'cron', code: 'INVALID_CRON' });
  });

  test.each(['Mars/Base', '+02:00', '', 'Europe'])('time zone %j is refused', (timeZone) => {
    expect(scheduleFault({ cron: '0 6 * * *', timeZone }, now)).toMatchObject({
      setting: 'timeZone',
      code: 'INVALID_TIME_ZONE',
    });
  });
});
