import { expect, test } from '@jest/globals';
import { checkPlan } from '../../../src/sync/check/check-plan.ts';

const removal = { action: 'DEACTIVATE', graceDays: 0, maxPercent: null, maxCount: null } as const;

test.each<[string, number, number, object, 'go' | 'hold']>([
  ['nobody gone', 0, 100, {}, 'go'],
  ['ten percent', 10, 100, {}, 'go'],
  ['more than ten percent', 11, 100, {}, 'hold'],
  ['two of a few', 2, 5, {}, 'go'],
  ['three of a few', 3, 19, {}, 'hold'],
  ['three of twenty', 3, 20, {}, 'hold'],
  ['two of twenty', 2, 20, {}, 'go'],
  ['a percentage that was chosen holds for a few, too', 1, 5, { maxPercent: 10 }, 'hold'],
  ['all of them where that was chosen', 5, 5, { maxPercent: 100 }, 'go'],
  ['a number below the percentage', 6, 100, { maxCount: 5 }, 'hold'],
  ['within both', 5, 100, { maxCount: 5 }, 'go'],
  ['whatever the action', 11, 100, { action: 'KEEP' }, 'hold'],
  ['whatever the grace', 11, 100, { graceDays: 30 }, 'hold'],
])('%s', (_, newlyGone, activeBefore, changes, expected) => {
  const verdict = checkPlan({ removal: { ...removal, ...changes }, newlyGone, activeBefore, review: false });
  expect(verdict.kind).toBe(expected);
});

test('a review always holds, and says so', () => {
  expect(checkPlan({ removal, newlyGone: 0, activeBefore: 0, review: true })).toMatchObject({
    kind: 'hold',
    reasons: [expect.stringContaining('review')],
  });
});
