import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ContactValues } from '../../src/core/contact.ts';
import { listWords } from '../../src/search/contact-words.ts';
import { searchTerms } from '../../src/search/terms.ts';
import { matches } from './matches.ts';

function searchWords(values: ContactValues): string[] {
  return listWords(values).words;
}

function phone(value: string): ContactValues {
  return { PHONE: [{ label: 'work', value }] };
}

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
    expect(searchWords(phone('030 1234567'))).toEqual(['301234567', '0301234567', '1234567']);
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
  const word = (text: string) => ({ kind: 'word', text });
  const address = (text: string) => ({ kind: 'address', text });
  const number = (digits: string, ending: string | null) => ({
    kind: 'number',
    digits,
    ending,
    isInternational: false,
  });
  const international = (digits: string) => ({ kind: 'number', digits, ending: null, isInternational: true });

  test.each([
    ['anna', [word('anna')]],
    ['  Berg,  Anna ', [word('berg'), word('anna')]],
    ['Müller-Lü', [word('muller'), word('lu')]],
    ["O'Br", [word('obr')]],
    ['anna.b', [word('anna'), word('b')]],
    ['Anna.Berg@Ex', [address('anna.berg@ex')]],
    ['<anna@x.de>,', [address('anna@x.de')]],
    ['@example.com', [address('example.com')]],
    ['+49 17', [international('4917')]],
    ['0049 (30) 12/34-5', [international('493012345')]],
    ['(+49) 30', [international('4930')]],
    ['030 1234', [number('301234', '0301234')]],
    ['+49 (0)30 12', [international('493012')]],
    ['anna 030 12 berg', [word('anna'), number('3012', '03012'), word('berg')]],
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

  test.each<[string, ContactValues, string[]]>([
    [
      'the last part of an address',
      { PRIMARY_EMAIL: 'Anders.Ångström@Example.com' },
      ['angstrom@', 'Ångström@ex', '<ångström@example.com>'],
    ],
    [
      'a part with a number',
      { PRIMARY_EMAIL: 'ayse-gul_gunes2@acme.example' },
      ['gunes2@', 'gul_gunes2@acme', 'gul.gunes2@'],
    ],
    [
      'an address, where the name is spelled otherwise',
      { DISPLAY_NAME: 'Å. Ångström', PRIMARY_EMAIL: 'angstrom@x.de' },
      ['angstrom@', 'Ångström@', 'Ångström angstrom@x'],
    ],
    ['a part of a domain', { PRIMARY_EMAIL: 'anna@mail.example.com' }, ['@example.com', '@mail.example', '@mail']],
    ['the end of a number', phone('+49 (0)30 123-4567'), ['4567', '34567', '234567', '30 123 4567', '-4567']],
    ['the end of a national number', phone('030 1234567'), ['4567', '567 4567'.slice(4), '1234567']],
    [
      'a national number, of one with the country',
      phone('+49 30 123456'),
      ['030 123456', '30 123', '(030) 12 34', '0301'],
    ],
    [
      'a number with the country, of a national one',
      phone('030 123456'),
      ['+49 30 123456', '0049 30 123', '+49 (0)30 12', '+4930'],
    ],
    ['the same in a country without trunk digit', phone('(415) 555-0100'), ['+1 415 555 0100', '415 555']],
    ['and the other way round', phone('+1 415 555 0100'), ['415 555 0100', '(415) 555', '0100', '555-0100', '50100']],
    [
      'a name as Germans spell it without umlauts',
      { DISPLAY_NAME: 'Jürgen Müller', COMPANY: 'Ørsted Söhne' },
      ['mueller', 'juergen muell', 'Müller', 'muller', 'soehne', 'oersted', 'orsted'],
    ],
    ['the same decomposed', { DISPLAY_NAME: 'Mu\u0308ller' }, ['mueller', 'muller']],
  ])('finds %s', (_, values, queries) => {
    for (const query of queries) expect([query, matches(values, query)]).toEqual([query, true]);
  });

  test.each<[string, ContactValues, string[]]>([
    ['a number of another area', phone('+49 40 123456'), ['030 123456', '+49 30 123456']],
    ['a number of another country', phone('+1 301 234567'), ['+49 30 123456', '0049 30 1234']],
    ['fewer than four digits of an end', phone('+49 30 1234567'), ['567', '67']],
    ['the middle of a number', phone('+49 30 1234567'), ['3456']],
    [
      'an end of an address’s part',
      { PRIMARY_EMAIL: 'anders.angstrom@example.com' },
      ['strom@', 'angstrom@mail', 'anders@'],
    ],
    ['a name that begins as one with an umlaut', { DISPLAY_NAME: 'Manuela Joens' }, ['manula', 'jons']],
  ])('does not find by %s', (_, values, queries) => {
    for (const query of queries) expect([query, matches(values, query)]).toEqual([query, false]);
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
