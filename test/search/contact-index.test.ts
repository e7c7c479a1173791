import { describe, expect, test } from '@jest/globals';
import { indexed, keysText, searchKeys, searchMark, searchQuery, wordsText } from '../../src/search/contact-index.ts';
import { searchTerms } from '../../src/search/terms.ts';
import { holds } from './matches.ts';

const workspace = '0190c2f0-0000-7000-8000-000000000001';

describe('the search index', () => {
  test('marks the keys of a workspace with four letters of its own', () => {
    expect(searchMark(workspace)).toMatch(/^[a-z0-9]{4}$/);
    expect(searchMark(workspace.toUpperCase())).toBe(searchMark(workspace));
    expect(searchMark('0190c2f0-0000-7000-8000-000000000002')).not.toBe(searchMark(workspace));
  });

  test.each([
    ['a word by its first four letters', ['anna', 'annabel', 'bo'], 'mmmmanna mmmmbo'],
    ['a number by its first eight digits', ['493012345', '493012346', '4930'], 'mmmm49301234 mmmm4930'],
    ['an account name with a digit so far by eight characters', ['user0012345'], 'mmmmuser0012'],
    ['one with digits further on by its first letters', ['annabella1'], 'mmmmanna'],
    ['letters that mean something to Postgres in quotes', ["o'b\\"], "'mmmmo''b\\\\'"],
  ])('holds %s', (_, words, keys) => {
    expect(keysText(searchKeys(words, 'mmmm'))).toBe(keys);
  });

  test.each([
    ['a beginning shorter than a key', ['an'], 'mmmman:*'],
    ['a longer one by the key, and by what it may be if a digit follows', ['annabel'], '(mmmmanna | mmmmannabel:*)'],
    ['one beyond that by the key', ['annabella'], 'mmmmanna'],
    ['what has a digit as far as it is typed', ['user0', 'user00123'], 'mmmmuser0:* & mmmmuser0012'],
    [
      'digits typed so far, with and without the country, or as an end',
      ['49301'],
      "(mmmm49301:* | mmmm301:* | 'mmmm~9301')",
    ],
    ['the longest parts of an address', ['a.ann.berg2@ex.a.de'], 'mmmmberg2:* & mmmmann:* & mmmmex:* & mmmmde:*'],
    ['nothing of a number while it may be the country alone', ['49', 'berg'], 'mmmmberg:*'],
    ['several terms', ['an', 'berg'], 'mmmman:* & mmmmberg:*'],
  ])('asks for %s', (_, terms, query) => {
    expect(searchQuery(terms.flatMap(searchTerms), 'mmmm')).toBe(query);
  });

  test("can't be asked for only a country's code", () => {
    expect(searchQuery(searchTerms('49'), 'mmmm')).toBeNull();
  });

  test('finds an international number however much of it is typed, with the country or without', () => {
    const { search: keys } = indexed({ PHONE: [{ label: 'work', value: '+49 30 1234567' }] }, workspace);
    for (const typed of ['49301234567', '301234567', '1234567'])
      for (let end = 1; end <= typed.length; end++) {
        const query = searchQuery(searchTerms(typed.slice(0, end)), searchMark(workspace));
        expect([typed.slice(0, end), query === null || holds(keys, query)]).toEqual([typed.slice(0, end), true]);
      }
  });

  test('asks only for keys that every word with this beginning has', () => {
    const words = [
      'annab1',
      'abc\ud83d\ude00defg',
      'abcdef1\ud83d\ude00x',
      'anna.berg@example.com',
      '4917000123456',
      '123abc456xyz',
      'a',
      "jean-luc.o'neill",
      '李小龍',
      'Ω2'.repeat(20),
    ];
    for (const word of words) {
      const keys = searchKeys([word], 'mmmm');
      for (const [end] of [...word].entries()) {
        const typed = [...word].slice(0, end + 1).join('');
        const query = searchQuery([{ kind: 'word', text: typed }], 'mmmm')?.replace(/[()]/g, '') ?? '';
        const alternatives = query.split(' | ').map((condition) => {
          const wanted = condition.replace(/^'|'(?=:|$)|:\*$/g, '');
          return (key: string) => (condition.endsWith(':*') ? key.startsWith(wanted) : key === wanted);
        });
        const found = query === '' || keys.some((key) => alternatives.some((fits) => fits(key)));
        expect([typed, found]).toEqual([typed, true]);
      }
    }
  });

  test('derives order keys, words and the key of the address from values', () => {
    const text = indexed(
      { DISPLAY_NAME: 'Ångström, Anna', COMPANY: 'Øst AS', PRIMARY_EMAIL: 'Anna@Example.com' },
      workspace,
    );
    expect(text).toMatchObject({ emailKey: 'anna@example.com', nameKey: 'angstrom anna', companyKey: 'ost as' });
    expect(wordsText(text.words)).toMatch(/^ angstrom anna angstroem ost as oest anna@example\.com/);
    expect(indexed({}, workspace)).toEqual({ emailKey: null, nameKey: '', companyKey: '', words: [], search: [] });
  });
});
