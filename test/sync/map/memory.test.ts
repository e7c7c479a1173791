import { describe, expect, test } from '@jest/globals';
import { remember } from '../../../src/core/remember.ts';
import { FillPatterns } from '../../../src/sync/map/fill-patterns.ts';

describe('the memory between people', () => {
  test('computes each result once', () => {
    const computed: string[] = [];
    const upper = remember((text) => {
      computed.push(text);
      return text.toUpperCase();
    }, 10);
    expect([upper('a'), upper('b'), upper('a')]).toEqual(['A', 'B', 'A']);
    expect(computed).toEqual(['a', 'b']);
  });

  test('is emptied when it is full, and never keeps long texts', () => {
    const computed: string[] = [];
    const length = remember((text) => {
      computed.push(text);
      return String(text.length);
    }, 2);
    for (const text of ['a', 'b', 'c', 'a']) length(text);
    expect(computed).toEqual(['a', 'b', 'c', 'a']);
    const long = 'x'.repeat(1000);
    expect([length(long), length(long)]).toEqual(['1000', '1000']);
    expect(computed.filter((text) => text === long)).toHaveLength(2);
  });

  test('patterns of winners stay right beyond the number that is remembered', () => {
    const patterns = new FillPatterns((winners) => ({ CITY: winners.join() }));
    for (let i = 0; i < 25_000; i++) expect(patterns.find([i >> 8, i & 255]).CITY).toBe(`${i >> 8},${i & 255}`);
    expect(patterns.find([0, 1])).toEqual({ CITY: '0,1' });
  });
});
