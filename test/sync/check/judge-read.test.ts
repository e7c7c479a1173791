import { expect, test } from '@jest/globals';
import type { Extent, FeedEnd } from '../../../src/core/arrivals.ts';
import { judgeRead as judge } from '../../../src/sync/check/judge-read.ts';
import { sources } from '../../../src/sync/source/sources.ts';

const end = (changes: Partial<FeedEnd> = {}): FeedEnd => ({
  complete: true,
  because: null,
  cursor: null,
  referrals: [],
  notes: [],
  ...changes,
});

type Given = { lastReferrals?: string[]; read?: number; withoutId?: number; extent?: Extent };
const judgeRead = (end: FeedEnd, { lastReferrals = [], read = 10, withoutId = 0, extent = 'everybody' }: Given = {}) =>
  judge({ extent, end, lastReferrals, counts: { read, withoutId }, advice: sources.LDAP.advice });

test('a complete read shows who is gone', () => {
  expect(judgeRead(end())).toEqual({ complete: true, tellsWhoIsGone: true, lines: [] });
});

test('an incomplete read does not show who is gone, and says why', () => {
  const judgement = judgeRead(end({ complete: false, because: 'the server changed' }));
  expect(judgement).toMatchObject({ complete: false, tellsWhoIsGone: false });
  expect(judgement.lines[0]?.message).toContain('the server changed');
});

test('a read that is unsure about some people tells who else is gone', () => {
  const unsure = { leftOutBy: 'NOT_IN_GROUP', names: [] } as const;
  const given = end({ complete: false, because: 'A group is hidden.', unsure });
  expect(judgeRead(given)).toMatchObject({
    complete: false,
    tellsWhoIsGone: true,
    lines: [{ level: 'WARN', code: 'INCOMPLETE_READ', message: expect.stringContaining('A group is hidden.') }],
  });
  expect(judgeRead(given, { withoutId: 1 })).toMatchObject({ complete: false, tellsWhoIsGone: false });
  expect(judgeRead({ ...given, referrals: ['ldap://b/'] })).toMatchObject({ tellsWhoIsGone: false });
});

test('new search references block removals once, known ones do not', () => {
  const referrals = ['ldap://other/dc=x'];
  expect(judgeRead(end({ referrals }))).toMatchObject({ complete: true, tellsWhoIsGone: false });
  expect(judgeRead(end({ referrals }), { lastReferrals: referrals })).toMatchObject({
    tellsWhoIsGone: true,
    lines: [],
  });
});

test('people without an id block removals each time, with a warning', () => {
  expect(judgeRead(end(), { withoutId: 2 })).toMatchObject({
    complete: false,
    tellsWhoIsGone: false,
    lines: [{ level: 'WARN', code: 'INCOMPLETE_READ', message: expect.stringMatching(/^Nobody is removed.*2 people/) }],
  });
});

test('an empty read gives a warning', () => {
  expect(judgeRead(end(), { read: 0 }).lines).toMatchObject([{ level: 'WARN', code: 'EMPTY_READ' }]);
});

test('a read of changes may be empty', () => {
  expect(judgeRead(end(), { read: 0, extent: 'changes' })).toEqual({ complete: true, tellsWhoIsGone: true, lines: [] });
});
