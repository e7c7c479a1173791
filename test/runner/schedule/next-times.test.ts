import { describe, expect, test } from '@jest/globals';
import { nextTimes } from '../../../src/runner/schedule/next-times.ts';

function times(cron: string, timeZone: string, from: string, count: number) {
  return nextTimes({ cron, timeZone }, count, new Date(from)).map((time) =>
    time.toISOString().replace(':00.000Z', 'Z'),
  );
}

describe('the next times of a schedule', () => {
  test.each([
    ['are in its time zone', '0 6 * * MON-FRI', '2026-11-20T06:00Z', ['2026-11-23T05:00Z', '2026-11-24T05:00Z']],
    [
      'come after the clocks have gone forward',
      '0 6 * * *',
      '2026-03-28T00:00Z',
      ['2026-03-28T05:00Z', '2026-03-29T04:00Z'],
    ],
    [
      'come later where the clocks skip them',
      '30 2 * * *',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:30Z', '2026-03-30T00:30Z'],
    ],
    [
      'come once where the clocks show them twice',
      '30 2 * * *',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    ['come each hour through the change', '0 * * * *', '2026-10-24T23:30Z', ['2026-10-25T00:00Z', '2026-10-25T01:00Z']],
    ['never are the moment itself', '0 6 * * *', '2026-11-20T05:00Z', ['2026-11-21T05:00Z', '2026-11-22T05:00Z']],
  ])('%s', (_name, cron, from, expected) => {
    expect(times(cron, 'Europe/Berlin', from, 2)).toEqual(expected);
  });
});
