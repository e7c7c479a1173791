import { expect, test } from '@jest/globals';
import { ClaimedAddresses } from '../../../src/sync/stage/claimed-addresses.ts';

function added(addresses: Iterable<string>, most?: number): ClaimedAddresses {
  const claimed = new ClaimedAddresses(most);
  for (const address of addresses) claimed.add(address);
  return claimed;
}

function* numbered(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield `person${i}@example.org`;
}

test('without claimed addresses all differ', () => {
  expect(added([]).allDiffer).toBe(true);
});

test.each([1, 2, 1000, 50_000])('%d different addresses differ', (count) => {
  expect(added(numbered(count)).allDiffer).toBe(true);
});

test.each([2, 1000, 50_000])('a repeated address after %d others is noticed', (count) => {
  const claimed = added(numbered(count));
  claimed.add('person1@example.org');
  expect(claimed.allDiffer).toBe(false);
});

test('with more addresses than it keeps, it does not say that they differ', () => {
  expect(added(numbered(3000), 3000).allDiffer).toBe(true);
  expect(added(numbered(3001), 3000).allDiffer).toBe(false);
});

test('addresses that differ in one character, its place or the length differ', () => {
  expect(added(['', 'a', 'b', 'aa', 'ab', 'ba', '\u0000', '\u0000\u0000', 'ä@b.c', 'a@b.c']).allDiffer).toBe(true);
});
