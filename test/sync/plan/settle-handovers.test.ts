import { describe, expect, test } from '@jest/globals';
import type { PlannedAddress, Skip } from '../../../src/core/plan.ts';
import { planPositions } from '../../../src/core/sync-store.ts';
import { settleHandovers, settleLost, type TakingOver, type Waiting } from '../../../src/sync/plan/settle-handovers.ts';

const taken = (position: number): Skip => ({
  kind: 'skip',
  contactId: null,
  contactName: null,
  code: 'DUPLICATE_EMAIL',
  reason: `taken ${position}`,
});
const waits = (position: number, waitsForContact: string): Waiting => ({
  position,
  waitsForContact,
  otherwise: taken(position),
});
const frees = (contactId: string, position: number, freesAddress = true): PlannedAddress => ({
  contactId,
  position,
  action: 'UPDATE',
  addressNow: 'a@x.org',
  addressThen: freesAddress ? 'b@x.org' : 'a@x.org',
});

test('lets an address pass from one to the next when its holder gives it up', () => {
  expect(settleHandovers([waits(1, 'b')], [frees('b', 2)])).toEqual({ refused: [], together: [1, 2] });
});

test('refuses when the holder keeps it, or is not in the plan at all', () => {
  expect(settleHandovers([waits(1, 'b')], [frees('b', 2, false)]).refused).toEqual([{ position: 1, skip: taken(1) }]);
  expect(settleHandovers([waits(1, 'b')], []).refused).toEqual([{ position: 1, skip: taken(1) }]);
});

test('lets two people swap addresses, and more people pass theirs on in a ring', () => {
  const swap = settleHandovers([waits(1, 'b'), waits(2, 'a')], [frees('a', 1), frees('b', 2)]);
  expect(swap).toEqual({ refused: [], together: [1, 2] });
  const ring = settleHandovers(
    [waits(1, 'b'), waits(2, 'c'), waits(3, 'a')],
    [frees('a', 1), frees('b', 2), frees('c', 3)],
  );
  expect(ring.refused).toEqual([]);
  expect(ring.together.sort()).toEqual([1, 2, 3]);
});

test("refuses a whole chain when its end can't change", () => {
  const chain = [waits(1, 'b'), waits(2, 'c'), waits(3, 'd')];
  const planned = [frees('a', 1), frees('b', 2), frees('c', 3), frees('d', 4, false)];
  expect(settleHandovers(chain, planned).refused.map(({ position }) => position)).toEqual([1, 2, 3]);
  expect(settleHandovers([...chain].reverse(), planned).refused).toHaveLength(3);
});

test.each<[PlannedAddress['action'], string | null, boolean]>([
  ['DEACTIVATE', null, true],
  ['DELETE', null, true],
  ['UPDATE', 'b@x.org', true],
  ['UPDATE', null, true],
  ['UPDATE', 'a@x.org', false],
  ['LINK', 'b@x.org', true],
  ['LINK', 'a@x.org', false],
  ['REACTIVATE', 'b@x.org', false],
  ['SKIP', 'b@x.org', false],
  ['NONE', null, false],
])('%s that leaves the contact with %s frees its address: %s', (action, addressThen, isFree) => {
  const { refused } = settleHandovers([waits(1, 'b')], [{ ...frees('b', 2), action, addressThen }]);
  expect(refused.length === 0).toBe(isFree);
});

test('also sees that a contact frees its address by another row', () => {
  const rows: PlannedAddress[] = [
    frees('b', 2),
    { contactId: 'b', position: 3, action: 'NONE', addressNow: 'a@x.org', addressThen: null },
  ];
  expect(settleHandovers([waits(1, 'b')], rows).refused).toEqual([]);
  expect(settleHandovers([waits(1, 'b')], rows.toReversed()).refused).toEqual([]);
});

describe('the person who gets the contact of somebody gone', () => {
  const takes = (position: number): TakingOver => ({ position, contactId: 'c', otherwise: taken(position) });
  const row = (position: number): PlannedAddress => ({ ...frees('c', position, false), action: 'LINK' });
  const people = planPositions.people;

  test('is the one who takes it over', () => {
    expect(settleLost([takes(people + 1)], [row(1), row(people + 1)])).toEqual({ refused: [], lost: ['c'] });
  });

  test('is nobody if the read has its former person after all', () => {
    expect(settleLost([takes(people + 1)], [row(people + 1), row(people + 2)])).toEqual({
      refused: [{ position: people + 1, skip: taken(people + 1) }],
      lost: [],
    });
  });
});
