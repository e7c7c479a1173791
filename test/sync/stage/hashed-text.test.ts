import { expect, test } from '@jest/globals';
import type { AttributeValue, Entry } from '../../../src/core/entry.ts';
import { entryText } from '../../../src/sync/stage/hashed-text.ts';

const entry = (attributes: AttributeValue[], changes: Partial<Entry> = {}): Entry => ({
  name: 'uid=ada',
  id: '1',
  unfit: null,
  attributes,
  disabled: false,
  notAPerson: false,
  inGroups: true,
  excluded: null,
  undecodable: [],
  said: null,
  ...changes,
});

test('is the same whatever the order of an attribute’s values', () => {
  expect(entryText(entry([['b', 'a'], 'x']))).toBe(entryText(entry([['a', 'b'], 'x'])));
});

test.each<[string, Entry, Entry]>([
  ['another value', entry(['a']), entry(['b'])],
  ['none and an empty one', entry([undefined]), entry([''])],
  ['one and a list of one', entry(['a']), entry([['a']])],
  ['the same text cut elsewhere', entry(['a', '2:bc']), entry(['a2:b', 'c'])],
  ['a value that looks like two', entry([['a1:b']]), entry([['a', 'b']])],
  ['another attribute', entry(['a', undefined]), entry([undefined, 'a'])],
  ['a rename', entry(['a']), entry(['a'], { name: 'uid=eve' })],
  ['a value that can not be decoded any more', entry([undefined]), entry([undefined], { undecodable: ['cn'] })],
])('differs for %s', (_, a, b) => {
  expect(entryText(a)).not.toBe(entryText(b));
});
