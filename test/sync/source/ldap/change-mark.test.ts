import { describe, expect, test } from '@jest/globals';
import { changeMark } from '../../../../src/sync/source/ldap/change-mark.ts';

const at = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-01T18:00:00Z');

describe('the mark of an entry', () => {
  test.each<[string, (string | undefined)[]]>([
    ['a number of each change', ['20260301115959.123456Z#000000#000#000000', undefined, '20260301115959Z']],
    ["a domain controller's own number", [undefined, '12345', undefined]],
    ['the second of a change more than a minute ago', [undefined, undefined, '20260301115800Z']],
    ['the same with a fraction', [undefined, undefined, '20260301115800.0Z']],
  ])('is the same in the next read: %s', (_, values) => {
    expect(changeMark(values, at)).toEqual(changeMark(values, later));
  });

  test.each<[string, (string | undefined)[]]>([
    ['a second that may not be over', [undefined, undefined, '20260301115959Z']],
    ['a time in the future', [undefined, undefined, '20990301115959Z']],
    ['a time that nobody can read', [undefined, undefined, 'yesterday']],
    ['none', [undefined, undefined, undefined]],
  ])('differs in the next read, so that nothing is missed: %s', (_, values) => {
    expect(changeMark(values, at)).not.toBe(changeMark(values, later));
  });

  test('differs when any part of it differs', () => {
    const [one, other] = [changeMark(['1', '2', '3'], at), changeMark(['1', '23', ''], at)];
    expect(one).not.toBe(other);
  });
});
