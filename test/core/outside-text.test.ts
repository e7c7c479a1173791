import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isStorable, listed, longestSaid, saidText, storableText } from '../../src/core/outside-text.ts';

test('a message of Active Directory ends after its last word', () => {
  expect(saidText('  0000208D: NameErr: DSID-0310028C, problem 2001\n\0')).toBe(
    '0000208D: NameErr: DSID-0310028C, problem 2001',
  );
});

test('control characters, bidirectional signs and halves of surrogate pairs are escaped', () => {
  expect(saidText('a\0b\nc\u202ed\ud800e')).toBe('a\\u{0}b\\u{a}c\\u{202e}d\\u{d800}e');
});

test('a long text is cut to 500 characters, and the cut is marked', () => {
  expect(saidText('x'.repeat(longestSaid))).toBe('x'.repeat(longestSaid));
  expect(saidText('x'.repeat(3_000_000))).toBe(`${'x'.repeat(longestSaid - 1)}…`);
  expect(saidText('x\0'.repeat(longestSaid)).length).toBeLessThanOrEqual(longestSaid);
});

test('any text becomes short, and can be stored', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1200 }), fc.boolean(), (text, halved) => {
      const said = saidText(halved ? text.slice(1, -1) : text);
      expect(said.length).toBeLessThanOrEqual(longestSaid);
      expect(isStorable(said)).toBe(true);
      expect(said).not.toMatch(/\p{Cc}/u);
    }),
  );
});

test('a list shows the first 20 names and how many more there are', () => {
  expect(listed(['a', 'b\nc'])).toBe('"a", "b\\u{a}c"');
  expect(listed(Array.from({ length: 23 }, (_, i) => String(i)))).toMatch(/"19" and 3 more$/);
});

test('any text becomes one that can be stored', () => {
  expect(storableText('a\0\ud800b')).toBe('a\ufffd\ufffdb');
  expect(storableText('fine 👍')).toBe('fine 👍');
});
