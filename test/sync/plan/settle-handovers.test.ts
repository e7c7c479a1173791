import { expect, test } from '@jest/globals';
import { settleHandovers, type Waiting } from '../../../src/sync/plan/settle-handovers.ts';

const waits = (position: number, contactId: string | null, waitsForContact: string): Waiting => ({
  position,
  contactId,
  waitsForContact,
  skipReason: `taken ${position}`,
});
const frees = (contactId: string, position: number, freesAddress = true) => ({ contactId, position, freesAddress });

test('lets an address pass from one to the next when its holder gives it up', () => {
  expect(settleHandovers([waits(1, 'a', 'b')], [frees('b', 2)])).toEqual({ refused: [], together: [1, 2] });
});

test('refuses when the holder keeps it, or is not in the plan at all', () => {
  expect(settleHandovers([waits(1, 'a', 'b')], [frees('b', 2, false)]).refused).toEqual([
    { position: 1, reason: 'taken 1' },
  ]);
  expect(settleHandovers([waits(1, 'a', 'b')], []).refused).toEqual([{ position: 1, reason: 'taken 1' }]);
});

test('lets two people swap addresses, and a ring go round', () => {
  const swap = settleHandovers([waits(1, 'a', 'b'), waits(2, 'b', 'a')], [frees('a', 1), frees('b', 2)]);
  expect(swap).toEqual({ refused: [], together: [1, 2] });
  const ring = settleHandovers(
    [waits(1, 'a', 'b'), waits(2, 'b', 'c'), waits(3, 'c', 'a')],
    [frees('a', 1), frees('b', 2), frees('c', 3)],
  );
  expect(ring.refused).toEqual([]);
  expect(ring.together.sort()).toEqual([1, 2, 3]);
});

test('refuses a whole chain when its end can not move', () => {
  const chain = [waits(1, 'a', 'b'), waits(2, 'b', 'c'), waits(3, 'c', 'd')];
  const planned = [frees('a', 1), frees('b', 2), frees('c', 3), frees('d', 4, false)];
  expect(settleHandovers(chain, planned).refused.map(({ position }) => position)).toEqual([1, 2, 3]);
  expect(settleHandovers([...chain].reverse(), planned).refused).toHaveLength(3);
});
