import { expect, test } from '@jest/globals';
import { TextSet } from '../../../../../src/sync/source/ldap/group/text-set.ts';

test('a set of texts has each text that was added, once, and no other, while it grows', () => {
  const set = new TextSet();
  const texts = Array.from({ length: 10_000 }, (_, i) => `uid=user${i}\u0000ou=people`);
  const news = texts.map((text) => set.add(text));
  expect(news.every(Boolean)).toBe(true);
  expect(texts.map((text) => set.add(text)).some(Boolean)).toBe(false);
  expect(texts.every((text) => set.has(text))).toBe(true);
  expect([set.has(''), set.has('uid=user10000\u0000ou=people'), set.size]).toEqual([false, false, 10_000]);
});
