import { describe, expect, test } from '@jest/globals';
import { gatherRivals, type PersonsClaim, settleTakers } from '../../../src/sync/plan/settle-rivals.ts';

const claim = (position: number, address: string, changes: Partial<PersonsClaim> = {}): PersonsClaim => ({
  position,
  person: `uid=${position}`,
  address,
  keeps: false,
  contactId: null,
  contactName: `P${position}`,
  skipped: false,
  ...changes,
});

const settleRivals = (claims: readonly PersonsClaim[]) => {
  const rivals = gatherRivals();
  for (const one of claims) rivals.add(one);
  return [...rivals.refused()];
};

const refused = (...claims: PersonsClaim[]): number[] => settleRivals(claims).map(({ position }) => position);

test('refuses all people who claim one address, ignoring case, and names a rival to each', () => {
  const settled = settleRivals([claim(1, 'A@x.org'), claim(2, 'b@x.org'), claim(3, 'a@x.org'), claim(4, 'a@x.org')]);
  expect(settled.map(({ position }) => position)).toEqual([1, 3, 4]);
  expect(settled[0]?.skip.reason).toContain('uid=1 and uid=3');
  expect(settled[1]?.skip.reason).toContain('uid=3 and uid=1');
});

test('lets somebody alone with an address have it', () => {
  expect(refused(claim(1, 'a@x.org'), claim(2, 'b@x.org'))).toEqual([]);
});

test('lets a person who returns to a contact with the address keep it against newcomers', () => {
  expect(refused(claim(1, 'a@x.org'), claim(2, 'a@x.org', { keeps: true }))).toEqual([1]);
});

test('refuses two people who return to contacts with the same address', () => {
  expect(refused(claim(1, 'a@x.org', { keeps: true }), claim(2, 'a@x.org', { keeps: true }))).toEqual([1, 2]);
});

test('counts the claim of somebody who is skipped for another reason, and leaves that reason', () => {
  expect(refused(claim(1, 'a@x.org', { skipped: true }), claim(2, 'a@x.org'))).toEqual([2]);
});

test.each([
  ['nobody keeps it', () => false],
  ['one keeps it', (i: number) => i === 0],
  ['all keep it', () => true],
])('processes each of many claims to one address as often as each of few: %s', (_, keeps) => {
  const looks = (many: number): number => {
    let count = 0;
    const watched = (one: PersonsClaim) =>
      new Proxy(one, {
        get: (target, member) => {
          count++;
          return Reflect.get(target, member);
        },
      });
    settleRivals(Array.from({ length: many }, (_one, i) => watched(claim(i, 'a@x.org', { keeps: keeps(i) }))));
    return count;
  };
  expect(looks(20_000)).toBeLessThanOrEqual(11 * looks(2_000));
});

describe('two people who were found to be one contact', () => {
  const taker = (position: number, byId: boolean, contactId = 'c1') => ({
    position,
    person: `uid=${position}`,
    contactId,
    contactName: 'Ada',
    byId,
  });

  test('leave it to the one who was found by the id, else to the first', () => {
    expect(settleTakers([taker(1, false), taker(2, true), taker(3, true)])).toMatchObject([
      { position: 1, skip: { code: 'CONTACT_CLAIMED', contactId: 'c1' } },
      {
        position: 3,
        skip: { reason: 'The contact Ada (c1) of uid=3 goes to uid=2, who was found to be the same contact.' },
      },
    ]);
    expect(settleTakers([taker(1, false), taker(2, false)])).toMatchObject([{ position: 2 }]);
  });

  test('do not disturb others', () => {
    expect(settleTakers([taker(1, true), taker(2, true, 'c2')])).toEqual([]);
  });
});
