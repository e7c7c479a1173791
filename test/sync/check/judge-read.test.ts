import { expect, test } from '@jest/globals';
import type { ReadSummary } from '../../../src/core/directory.ts';
import { judgeRead as judge, type ReadFacts } from '../../../src/sync/check/judge-read.ts';

const summary = (changes: Partial<ReadSummary> = {}): ReadSummary => ({
  complete: true,
  incompleteBecause: null,
  referrals: [],
  notes: [],
  ...changes,
});

const judgeRead = (summary: ReadSummary, changes: Partial<ReadFacts> = {}) =>
  judge({ summary, lastReferrals: [], read: 10, withoutId: 0, ...changes });

test('a complete read tells who is gone', () => {
  expect(judgeRead(summary())).toEqual({ complete: true, tellsWhoIsGone: true, lines: [] });
});

test('an incomplete read tells nothing, and why', () => {
  const judgement = judgeRead(summary({ complete: false, incompleteBecause: 'the server changed' }));
  expect(judgement).toMatchObject({ complete: false, tellsWhoIsGone: false });
  expect(judgement.lines[0]?.message).toContain('the server changed');
});

test('new search references block removals once, known ones do not', () => {
  const referrals = ['ldap://other/dc=x'];
  expect(judgeRead(summary({ referrals }))).toMatchObject({ complete: true, tellsWhoIsGone: false });
  expect(judgeRead(summary({ referrals }), { lastReferrals: referrals })).toMatchObject({
    tellsWhoIsGone: true,
    lines: [],
  });
});

test('people without an id block removals each time, with a warning', () => {
  expect(judgeRead(summary(), { withoutId: 2 })).toMatchObject({
    complete: false,
    tellsWhoIsGone: false,
    lines: [{ level: 'WARN', code: 'INCOMPLETE_READ', message: expect.stringMatching(/^Nobody is removed.*2 people/) }],
  });
});

test('an empty read is warned of', () => {
  expect(judgeRead(summary(), { read: 0 }).lines).toMatchObject([{ level: 'WARN', code: 'EMPTY_READ' }]);
});
