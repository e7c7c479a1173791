import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ContactValues } from '../../src/core/contact.ts';
import { searchTerms, searchWords } from '../../src/core/search-words.ts';

const matches = (values: ContactValues, query: string): boolean => {
  const words = searchWords(values);
  return searchTerms(query).every((term) => words.some((word) => word.startsWith(term)));
};

const phone = (value: string): ContactValues => ({ PHONE: [{ label: 'work', value }] });

const anna: ContactValues = {
  DISPLAY_NAME: 'Anna Müller-Lüdenscheidt',
  GIVEN_NAME: 'Anna',
  FAMILY_NAME: 'Müller-Lüdenscheidt',
  COMPANY: "O'Neill & Söhne GmbH",
  PRIMARY_EMAIL: 'Anna.Mueller+sales@Mail.Example.com',
  EMAIL: [{ label: 'home', value: 'anna_m@home.example' }],
  PHONE: [{ label: 'work', value: '+49 (0)30 1234567' }],
};

describe('searchWords', () => {
  test('lists each word once, folded', () => {
    expect(
      searchWords({ DISPLAY_NAME: 'Anna Berg', GIVEN_NAME: 'ANNA', FAMILY_NAME: 'Berg', COMPANY: 'Berg AG' }),
    ).toEqual(['anna', 'berg', 'ag']);
  });

  test('lists an email whole, its domain and its parts', () => {
    expect(searchWords({ PRIMARY_EMAIL: 'Anna.Berg-X@Mail.Example.com' })).toEqual([
      'anna.berg-x@mail.example.com',
      'anna',
      'berg',
      'x',
      'mail.example.com',
      'mail',
      'example',
      'com',
    ]);
  });

  test('lists an international number whole, without the country and without its first four digits', () => {
    expect(searchWords(phone('+49 30 1234567'))).toEqual(['49301234567', '301234567', '1234567']);
  });

  test('lists a national number without its leading zero, and without the area', () => {
    expect(searchWords(phone('030 1234567'))).toEqual(['301234567', '1234567']);
  });

  test('keeps words distinct and at most 100 characters, however many there are', () => {
    const EMAIL = Array.from({ length: 300 }, (_, i) => ({
      label: 'x',
      value: `${'n'.repeat(120)}${i % 7}@x${i}.example`,
    }));
    const words = searchWords({ EMAIL });
    expect(new Set(words).size).toBe(words.length);
    expect(Math.max(...words.map((word) => word.length))).toBe(100);
  });

  test('finds nothing to list in an empty contact', () => {
    expect(searchWords({})).toEqual([]);
  });
});

describe('searchTerms', () => {
  test.each([
    ['anna', ['anna']],
    ['  Berg,  Anna ', ['berg', 'anna']],
    ['Müller-Lü', ['muller', 'lu']],
    ["O'Br", ['obr']],
    ['anna.b', ['anna', 'b']],
    ['Anna.Berg@Ex', ['anna.berg@ex']],
    ['<anna@x.de>,', ['anna@x.de']],
    ['@example.com', ['example.com']],
    ['+49 17', ['4917']],
    ['0049 (30) 12/34-5', ['493012345']],
    ['030 1234', ['301234']],
    ['+49 (0)30 12', ['493012']],
    ['anna 030 12 berg', ['anna', '3012', 'berg']],
    ['', []],
    [' - ', []],
    ['+', []],
  ])('takes %j for %j', (query, terms) => {
    expect(searchTerms(query)).toEqual(terms);
  });
});

describe('searching', () => {
  test.each([
    'anna',
    'ANNA muller',
    'Lüdenscheidt Anna',
    'ludensch',
    'oneill',
    "O'Ne",
    'sohne gmbh',
    'anna.mueller+sa',
    'anna.mueller+sales@mail.ex',
    'sales',
    'example.com',
    '@mail.example',
    'anna_m@',
    '030 123',
    '0049 30 123',
    '+49 (0)30 12',
    '+4930',
    '1234567',
    'anna 030 12',
  ])('finds Anna by %j', (query) => {
    expect(matches(anna, query)).toBe(true);
  });

  test.each(['bert', 'anna bert', 'nna', '040', 'anna@mail'])('does not find Anna by %j', (query) => {
    expect(matches(anna, query)).toBe(false);
  });

  test.each([
    [{ COMPANY: 'Studio 54 2000 Ltd' }],
    [{ COMPANY: '007 Agents' }],
    [{ COMPANY: '24/7 Help' }],
    [{ COMPANY: 'Foo@Bar Ltd' }],
    [{ COMPANY: '1 & 1' }],
    [phone('+49 30 123 ext. 45')],
    [phone('+1 (415) 555-0100')],
    [phone('030/12 34–56')],
    [{ PRIMARY_EMAIL: "007.o'brien@365.example.com" }],
    [{ PRIMARY_EMAIL: 'jörg.müller@exämple.de' }],
  ] satisfies [ContactValues][])('goes on finding %j while it is typed', (values) => {
    for (const text of textsOf(values)) expectFoundWhileTyped(values, text);
  });

  test('finds an international number by its national form', () => {
    expect(matches(phone('+4930123456'), '030 1234')).toBe(true);
    expect(matches(phone('+14155550100'), '415 555')).toBe(true);
    expect(matches(phone('+14155550100'), '555-0100')).toBe(true);
  });

  const letters = 'abcdeyzABCZäöüßéèñøłŁåÅçşİığžćœæþ';
  const word = fc.string({ unit: fc.constantFrom(...letters, ...'0123', "'", '-', '.'), minLength: 1, maxLength: 12 });
  const name = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
  const atom = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-+ü'), minLength: 1, maxLength: 9 });
  const email = fc
    .tuple(fc.array(atom, { minLength: 1, maxLength: 3 }), fc.array(atom, { minLength: 1, maxLength: 3 }))
    .map(([local, domain]) => `${local.join('.')}@${domain.join('.')}`);
  const number = fc
    .tuple(
      fc.constantFrom('+', '00', '0', '(0', ''),
      fc.array(fc.constantFrom(...'0123456789', ' ', '-', '/', ')'), { maxLength: 18 }),
    )
    .map(([start, rest]) => start + rest.join(''));

  test('every beginning of a name, email or number that is typed goes on matching', () => {
    fc.assert(
      fc.property(name, name, email, number, (person, company, address, telephone) => {
        const values = { DISPLAY_NAME: person, COMPANY: company, PRIMARY_EMAIL: address, ...phone(telephone) };
        for (const text of textsOf(values)) expectFoundWhileTyped(values, text);
      }),
      { numRuns: 300 },
    );
  });

  test('words in reverse order, in upper case and without accents match', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        const names = words.filter((each) => /^\p{L}/u.test(each));
        const typed = names.toReversed().join(' ').toUpperCase().normalize('NFD').replace(/\p{M}/gu, '');
        expect(matches({ DISPLAY_NAME: names.join(' ') }, typed)).toBe(true);
      }),
    );
  });
});

function textsOf(values: ContactValues): string[] {
  const listed = [...(values.EMAIL ?? []), ...(values.PHONE ?? [])].map(({ value }) => value);
  return [values.DISPLAY_NAME, values.COMPANY, values.PRIMARY_EMAIL, ...listed].filter((text) => text !== undefined);
}

function expectFoundWhileTyped(values: ContactValues, text: string): void {
  const characters = [...text];
  for (let length = 1; length <= characters.length; length++) {
    const typed = characters.slice(0, length).join('');
    if (!matches(values, typed)) throw new Error(`${JSON.stringify(typed)} misses ${searchWords(values).join(' ')}`);
  }
}
