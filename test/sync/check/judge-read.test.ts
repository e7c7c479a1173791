import { expect, test } from '@jest/globals';
import type { ReadSummary } from '../../../src/core/directory.ts';
import { judgeRead } from '../../../src/sync/check/judge-read.ts';

const summary = (changes: Partial<ReadSummary> = {}): ReadSummary => ({
  complete: true,
  incompleteBecause: null,
  referrals: [],
  notes: [],
  ...changes,
});

test('a complete read tells who is gone', () => {
  expect(judgeRead(summary(), [], 10)).toEqual({ complete: true, tellsWhoIsGone: true, lines: [] });
});

test('an incomplete read tells nothing, and why', () => {
  const judgement = judgeRead(summary({ complete: false, incompleteBecause: 'the server changed' }), [], 10);
  expect(judgement).toMatchObject({ complete: false, tellsWhoIsGone: false });
  expect(judgement.lines[0]?.message).toContain('the server changed');
});

test('new search references block removals once, known ones do not', () => {
  const referrals = ['ldap://other/dc=x'];
  expect(judgeRead(summary({ referrals }), [], 10)).toMatchObject({ complete: true, tellsWhoIsGone: false });
  expect(judgeRead(summary({ referrals }), referrals, 10)).toMatchObject({ tellsWhoIsGone: true, lines: [] });
});

test('an empty read is warned of', () => {
  expect(judgeRead(summary(), [], 0).lines).toMatchObject([{ level: 'WARN', code: 'EMPTY_READ' }]);
});
