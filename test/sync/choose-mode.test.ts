import { expect, test } from '@jest/globals';
import type { ReadOn } from '../../src/core/sync-store.ts';
import { chooseMode, type ModeFacts } from '../../src/sync/choose-mode.ts';

const at = new Date('2026-01-02T12:00:00Z');
const hoursAgo = (hours: number): ReadOn => ({
  kind: 'from',
  from: {
    cursor: { at: 1 },
    mappingVersion: 'now',
    fullAt: new Date(at.getTime() - hours * 3_600_000).toISOString(),
    memoryOf: null,
  },
});
const facts = (changes: Partial<ModeFacts> = {}): ModeFacts => ({
  asked: 'AUTO',
  readOn: hoursAgo(1),
  fullEvery: 24,
  mappingVersion: 'now',
  at,
  ...changes,
});

test.each<[string, Partial<ModeFacts>, RegExp]>([
  ['AUTO goes on', {}, /has not been edited since the last run, and everybody is read only every 24 hours/],
  ['AUTO goes on shortly before everybody is read again', { readOn: hoursAgo(23.9) }, /every 24 hours/],
  [
    'INCREMENTAL goes on, however long ago everybody was read',
    { asked: 'INCREMENTAL', readOn: hoursAgo(999) },
    /asked for/,
  ],
  ['INCREMENTAL goes on after the clock was set back', { asked: 'INCREMENTAL', readOn: hoursAgo(-5) }, /asked for/],
])('%s', (_, changes, reason) => {
  const chosen = chooseMode(facts(changes));
  expect(chosen.from?.cursor).toEqual({ at: 1 });
  expect(chosen.reason).toMatch(reason);
});

test.each<[string, Partial<ModeFacts>, RegExp]>([
  ['FULL is asked for', { asked: 'FULL' }, /full run was asked for/],
  ['everybody was read long ago', { readOn: hoursAgo(24) }, /every 24 hours \(fullEvery\), and the time has come/],
  ['everybody is to be read each hour', { readOn: hoursAgo(1), fullEvery: 1 }, /every hour \(fullEvery\)/],
  ['the clock was set back', { readOn: hoursAgo(-5) }, /the time has come/],
  ['the connection was edited', { readOn: { kind: 'edited' }, asked: 'INCREMENTAL' }, /has been edited/],
  ['there was no run', { readOn: { kind: 'nowhere', because: null }, asked: 'INCREMENTAL' }, /no earlier run/],
  ['the source could not tell', { readOn: { kind: 'nowhere', because: 'It hides.' } }, /^It hides\.$/],
  ['people are mapped differently', { mappingVersion: 'later', asked: 'INCREMENTAL' }, /has been updated/],
])('everybody is read when %s', (_, changes, reason) => {
  expect(chooseMode(facts(changes))).toEqual({ from: null, reason: expect.stringMatching(reason) });
});
