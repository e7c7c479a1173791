import { describe, expect, test } from '@jest/globals';
import { indexed, searchKeys, searchMark, searchQuery } from '../../src/core/search-index.ts';

const workspace = '0190c2f0-0000-7000-8000-000000000001';

describe('the search index', () => {
  test('marks the keys of a workspace with four letters of its own', () => {
    expect(searchMark(workspace)).toMatch(/^[a-z0-9]{4}$/);
    expect(searchMark(workspace.toUpperCase())).toBe(searchMark(workspace));
    expect(searchMark('0190c2f0-0000-7000-8000-000000000002')).not.toBe(searchMark(workspace));
  });

  test.each([
    ['a word by its first four letters', ['anna', 'annabel', 'bo'], 'mmmmanna mmmmbo'],
    ['a number by its first six digits', ['49301234567', '4930'], 'mmmm493012 mmmm4930'],
    ['what begins with fewer than four digits as a word', ['123abc'], 'mmmm123a'],
    ['letters that mean something to Postgres in quotes', ["o'b\\"], "'mmmmo''b\\\\'"],
  ])('holds %s', (_, words, keys) => {
    expect(searchKeys(words, 'mmmm')).toBe(keys);
  });

  test.each([
    ['a beginning shorter than a key', ['an'], 'mmmman:*'],
    ['a longer one by the key', ['annabel'], 'mmmmanna'],
    ['digits typed so far', ['49301'], 'mmmm49301:*'],
    ['several terms', ['an', 'berg'], 'mmmman:* & mmmmberg'],
  ])('asks for %s', (_, terms, query) => {
    expect(searchQuery(terms, 'mmmm')).toBe(query);
  });

  test('asks for all keys of an address, which the word has, from its @ on', () => {
    const word = 'anna.berg@example.com';
    const keys = searchKeys([word], 'mmmm').split(' ');
    for (let end = word.indexOf('@') + 1; end <= word.length; end++) {
      expect(searchQuery([word.slice(0, end)], 'mmmm').split(' & ')).toEqual(keys);
    }
    expect(searchQuery(['anna.berg'], 'mmmm')).toBe('mmmmanna');
  });

  test('derives order keys, words and the key of the address from values', () => {
    const text = indexed(
      { DISPLAY_NAME: 'Ångström, Anna', COMPANY: 'Øst AS', PRIMARY_EMAIL: 'Anna@Example.com' },
      workspace,
    );
    expect(text).toMatchObject({ emailKey: 'anna@example.com', nameKey: 'angstrom anna', companyKey: 'ost as' });
    expect(text.words).toMatch(/^ angstrom anna ost as anna@example\.com/);
    expect(indexed({}, workspace)).toEqual({ emailKey: null, nameKey: '', companyKey: '', words: '', search: '' });
  });
});
