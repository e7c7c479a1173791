import { expect, test } from '@jest/globals';
import { countRows, type PlanCounts, type PlanRows } from '../../src/core/plan-counts.ts';

function rows(changes: Partial<PlanRows>): PlanRows {
  return {
    action: 'UPDATE',
    stays: null,
    outcome: null,
    count: 3,
    ...changes,
  };
}

test.each<[string, Partial<PlanRows>, Partial<PlanCounts>]>([
  ['new contacts', { action: 'CREATE' }, { created: 3 }],
  ['changed contacts', { action: 'UPDATE' }, { updated: 3 }],
  ['contacts linked', { action: 'LINK' }, { linked: 3 }],
  ['contacts that come back', { action: 'REACTIVATE' }, { reactivated: 3 }],
  ['contacts deactivated', { action: 'DEACTIVATE' }, { deactivated: 3 }],
  ['contacts deleted', { action: 'DELETE' }, { deleted: 3 }],
  ['people left alone', { action: 'SKIP' }, { skipped: 3 }],
  ['people found as before', { action: 'NONE', stays: 'AS_BEFORE' }, { unchanged: 3 }],
  ['people gone whose contact stays', { action: 'NONE', stays: 'NEWLY_GONE' }, {}],
  ['people gone before', { action: 'NONE', stays: 'STILL_GONE' }, {}],
  ['people whose contact goes to another', { action: 'NONE', stays: 'TAKEN_OVER' }, {}],
  ['changes left out while applying', { outcome: 'LEFT_ALONE' }, { skipped: 3 }],
  ['removals left out while applying', { action: 'DELETE', outcome: 'LEFT_ALONE' }, {}],
  ['changes that failed', { action: 'CREATE', outcome: 'FAILED' }, { failed: 3 }],
  ['removals that failed', { action: 'DELETE', outcome: 'FAILED' }, { failed: 3 }],
])('counts %s', (_, some, expected) => {
  const counted = Object.fromEntries(Object.entries(countRows([rows(some)])).filter(([, count]) => count > 0));
  expect(counted).toEqual(expected);
});

test('adds up rows of one kind', () => {
  expect(countRows([rows({}), rows({ count: 4 })]).updated).toBe(7);
});
