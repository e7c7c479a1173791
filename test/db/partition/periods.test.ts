import { describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import {
  gapsIn,
  lowestIdAt,
  momentOfId,
  type Period,
  periodAt,
  periodsAhead,
  type Unit,
  unitFor,
} from '../../../src/db/partition/periods.ts';

const at = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const told = ({ from, to }: Period): string =>
  [from, to].map((ms) => new Date(ms).toISOString().replace('T00:00:00.000Z', '')).join(' ');

test.each<[number, Unit]>([
  [1, 'day'],
  [14, 'day'],
  [15, 'week'],
  [90, 'week'],
  [200, 'week'],
  [201, 'month'],
  [730, 'month'],
  [1000, 'month'],
  [1001, 'quarter'],
  [3650, 'quarter'],
])('what is kept for %i days is kept by the %s', (days, unit) => {
  expect(unitFor(days)).toBe(unit);
});

test.each<[Unit, string, string]>([
  ['day', '2026-11-24T00:00:00.000Z', '2026-11-24 2026-11-25'],
  ['day', '2026-11-24T23:59:59.999Z', '2026-11-24 2026-11-25'],
  ['day', '2028-02-29T12:00:00Z', '2028-02-29 2028-03-01'],
  ['week', '2026-11-24T12:00:00Z', '2026-11-23 2026-11-30'],
  ['week', '2026-11-29T23:59:59.999Z', '2026-11-23 2026-11-30'],
  ['week', '2026-11-30T00:00:00Z', '2026-11-30 2026-12-07'],
  ['week', '2027-01-01T12:00:00Z', '2026-12-28 2027-01-04'],
  ['month', '2026-12-31T23:59:59.999Z', '2026-12-01 2027-01-01'],
  ['month', '2028-02-01T00:00:00Z', '2028-02-01 2028-03-01'],
  ['quarter', '2026-11-24T12:00:00Z', '2026-10-01 2027-01-01'],
  ['quarter', '2027-03-31T23:59:59.999Z', '2027-01-01 2027-04-01'],
])('the %s of %s is %s', (unit, moment, period) => {
  expect(told(periodAt(unit, Date.parse(moment)))).toBe(period);
});

test.each<[Unit, string, string[]]>([
  [
    'day',
    '2026-11-24',
    Array.from({ length: 15 }, (_, day) => told(periodAt('day', at('2026-11-24') + day * 86_400_000))),
  ],
  ['week', '2026-11-24', ['2026-11-23 2026-11-30', '2026-11-30 2026-12-07', '2026-12-07 2026-12-14']],
  ['month', '2026-11-24', ['2026-11-01 2026-12-01', '2026-12-01 2027-01-01']],
  ['month', '2026-12-31', ['2026-12-01 2027-01-01', '2027-01-01 2027-02-01']],
  ['quarter', '2026-11-24', ['2026-10-01 2027-01-01', '2027-01-01 2027-04-01']],
])('by the %s, on %s there is room ahead for two weeks and the next one', (unit, day, periods) => {
  expect(periodsAhead(unit, at(day)).map(told)).toEqual(periods);
});

describe('the gaps in a period', () => {
  const month = periodAt('month', at('2026-11-24'));
  const days = (from: string, to: string): Period => ({ from: at(from), to: at(to) });

  test.each<[string, Period[], string[]]>([
    ['are all of it where nothing is taken', [], ['2026-11-01 2026-12-01']],
    ['are none where it is taken', [month], []],
    ['are none where more is taken', [days('2026-10-01', '2027-01-01')], []],
    ['begin after what is taken at its start', [days('2026-10-26', '2026-11-09')], ['2026-11-09 2026-12-01']],
    ['end before what is taken at its end', [days('2026-11-30', '2026-12-07')], ['2026-11-01 2026-11-30']],
    [
      'lie between what is taken, in whatever order that comes',
      [days('2026-11-23', '2026-11-30'), days('2026-11-09', '2026-11-16')],
      ['2026-11-01 2026-11-09', '2026-11-16 2026-11-23', '2026-11-30 2026-12-01'],
    ],
    [
      'pass over what is beside it',
      [days('2026-10-01', '2026-11-01'), days('2026-12-01', '2027-01-01')],
      ['2026-11-01 2026-12-01'],
    ],
  ])('%s', (_, taken, gaps) => {
    expect(gapsIn(month, taken).map(told)).toEqual(gaps);
  });
});

test('an id made just now lies between the bounds of its moment', () => {
  const before = Date.now();
  const id = uuidv7();
  expect(momentOfId(id)).toBeGreaterThanOrEqual(before);
  expect(lowestIdAt(momentOfId(id)) <= id).toBe(true);
  expect(lowestIdAt(momentOfId(id) + 1) > id).toBe(true);
  expect(lowestIdAt(0)).toBe('00000000-0000-0000-0000-000000000000');
});
