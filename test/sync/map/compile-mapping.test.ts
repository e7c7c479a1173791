import { describe, expect, test } from '@jest/globals';
import type { FieldMapping } from '../../../src/core/connection.ts';
import type { ContactValues } from '../../../src/core/contact.ts';
import { compile, expectDraft, mapPerson, mapping, mapWith, type Person } from './mapping.ts';

const name = mapping('DISPLAY_NAME', { attributes: ['cn'] });

/** The values that these mappings, besides the name, give for a person called Anna. */
function valuesOf(mappings: FieldMapping[], person: Person): ContactValues {
  const { DISPLAY_NAME: _, ...values } = expectDraft(mapPerson([name, ...mappings], { cn: 'Anna', ...person })).draft
    .values;
  return values;
}

describe('attributes', () => {
  test('are each requested once, whatever their case, including those of templates', () => {
    const { attributes } = compile([
      mapping('DISPLAY_NAME', { attributes: ['displayName', 'cn'] }),
      mapping('GIVEN_NAME', { attributes: ['CN'] }),
      mapping('JOB_TITLE', { template: '{{ TITLE }} {{ title | upcase }} {{ attr_all.ou | join: "," }}' }),
    ]);
    expect(attributes).toEqual(['displayName', 'cn', 'TITLE', 'ou']);
  });

  test.each<[string, Person, ContactValues]>([
    ['the first with a value wins', { l: 'Berlin', st: 'BE' }, { CITY: 'Berlin' }],
    ['the next one wins when the first is missing', { st: 'BE' }, { CITY: 'BE' }],
    ['the next one wins when the first is empty after trimming', { l: ' \t', st: 'BE' }, { CITY: 'BE' }],
    ['the next one wins when the first has only empty values', { l: ['', ' '], st: 'BE' }, { CITY: 'BE' }],
    ['no value is no key', {}, {}],
    ['values are trimmed and nothing else', { l: '  Bad  Homburg ' }, { CITY: 'Bad  Homburg' }],
  ])('%s', (_, person, values) => {
    expect(valuesOf([mapping('CITY', { attributes: ['l', 'st'] })], person)).toEqual(values);
  });

  test('a fixed value is the same for everybody', () => {
    expect(valuesOf([mapping('COMPANY', { value: ' ACME ' })], {})).toEqual({ COMPANY: 'ACME' });
  });
});

describe('a single field with several values', () => {
  test('takes the first as sent and returns all of them as alternatives', () => {
    const outcome = expectDraft(mapPerson([name], { cn: ['Berg Anna', 'Anna Berg', ' Berg Anna'] }));
    expect(outcome.draft.values.DISPLAY_NAME).toBe('Berg Anna');
    expect(outcome.alternatives).toEqual({ DISPLAY_NAME: ['Berg Anna', 'Anna Berg'] });
  });

  test('has no alternatives when they are all the same', () => {
    expect(expectDraft(mapPerson([name], { cn: ['Anna', 'Anna '] }))).not.toHaveProperty('alternatives');
  });
});

describe('transforms', () => {
  test.each<[string, FieldMapping, Person, ContactValues]>([
    [
      'run in the order given',
      mapping('STREET', { attributes: ['a'], transforms: ['POSTAL_ADDRESS', 'FIRST_LINE', 'UPPERCASE'] }),
      { a: 'Weg 1$Ort' },
      { STREET: 'WEG 1' },
    ],
    [
      'apply to every value',
      mapping('EMAIL', { label: 'x', attributes: ['a'], transforms: ['LOWERCASE'] }),
      { a: ['A@X.DE', 'B@X.DE'] },
      {
        EMAIL: [
          { label: 'x', value: 'a@x.de' },
          { label: 'x', value: 'b@x.de' },
        ],
      },
    ],
    [
      'apply to templates',
      mapping('CITY', { template: '{{ l }}', transforms: ['UPPERCASE'] }),
      { l: 'Ulm' },
      { CITY: 'ULM' },
    ],
    [
      'may leave nothing',
      mapping('COUNTRY', { attributes: ['countryCode'], transforms: ['COUNTRY_CODE'] }),
      { countryCode: '0' },
      {},
    ],
  ])('%s', (_, each, person, values) => {
    expect(valuesOf([each], person)).toEqual(values);
  });

  test('read a national number as one of the person’s country, wherever COUNTRY stands in the list', () => {
    const mappings = [
      mapping('PHONE', { label: 'work', attributes: ['telephoneNumber'], transforms: ['PHONE_E164'] }),
      mapping('COUNTRY', { attributes: ['co'], transforms: ['COUNTRY_CODE'] }),
    ];
    const phoneOf = (person: Person) => valuesOf(mappings, person).PHONE?.[0]?.value;
    expect(phoneOf({ telephoneNumber: '030 1234567', co: 'Germany' })).toBe('+49301234567');
    expect(phoneOf({ telephoneNumber: '030 1234567', co: 'Atlantis' })).toBe('030 1234567');
    expect(phoneOf({ telephoneNumber: '030 1234567' })).toBe('030 1234567');
  });
});

describe('PRIMARY_EMAIL', () => {
  const email = mapping('PRIMARY_EMAIL', { attributes: ['mail', 'proxyAddresses'] });

  test.each<[string, Person, string | undefined]>([
    ['keeps its case', { mail: ' Anna@Example.com ' }, 'Anna@Example.com'],
    ['is the SMTP: value of proxyAddresses', { proxyAddresses: ['smtp:b@x.de', 'X500:/o=x', 'SMTP:a@x.de'] }, 'a@x.de'],
    ['is the first smtp: value where none is marked', { proxyAddresses: ['sip:c@x.de', 'smtp:b@x.de'] }, 'b@x.de'],
    ['is empty when there is no email among the addresses', { proxyAddresses: ['X500:/o=x', 'SIP:a@x.de'] }, undefined],
    ['may be missing', {}, undefined],
  ])('%s', (_, person, value) => {
    expect(valuesOf([email], person).PRIMARY_EMAIL).toBe(value);
  });

  test('that is malformed is a problem naming attribute and value, without control characters', () => {
    expect(mapPerson([name, email], { cn: 'Anna', mail: 'anna\nat\u0000example' })).toMatchObject({
      kind: 'problem',
      code: 'MALFORMED_EMAIL',
      message: 'mail: "anna\\u{a}at\\u{0}example" is not an email address',
    });
  });

  test('shortens a huge malformed value in the message', () => {
    const outcome = mapPerson([name, email], { cn: 'Anna', mail: 'x'.repeat(5_000_000) });
    expect(outcome).toMatchObject({ kind: 'problem', code: 'MALFORMED_EMAIL' });
    // The message comes twice: as the problem and as a finding.
    expect(JSON.stringify(outcome).length).toBeLessThan(500);
  });

  test('takes the well-formed ones of several, with a remark', () => {
    const outcome = expectDraft(
      mapPerson([name, email], { cn: 'Anna', mail: ['nonsense', 'a@x.de', 'b@x.de', 'A@X.DE'] }),
    );
    expect(outcome.draft.values.PRIMARY_EMAIL).toBe('a@x.de');
    expect(outcome.alternatives).toEqual({ PRIMARY_EMAIL: ['a@x.de', 'b@x.de'] });
    expect(outcome.remarks).toEqual(['mail: "nonsense" was left out: it is not an email address']);
  });
});

describe('EMAIL and PHONE', () => {
  test('take all values of the winning attribute under the label, each once', () => {
    const mappings = [
      mapping('EMAIL', { label: 'work', attributes: ['mail'] }),
      mapping('EMAIL', { label: 'home', attributes: ['privateMail', 'mail'] }),
      mapping('PHONE', { label: 'mobile', attributes: ['mobile', 'pager'] }),
    ];
    const person = {
      mail: ['a@x.de', 'A@X.de', 'smtp:b@x.de'],
      privateMail: 'c@x.de',
      mobile: ['1', '2', '1'],
      pager: '3',
    };
    expect(valuesOf(mappings, person)).toEqual({
      EMAIL: [
        { label: 'work', value: 'a@x.de' },
        { label: 'work', value: 'b@x.de' },
        { label: 'home', value: 'c@x.de' },
      ],
      PHONE: [
        { label: 'mobile', value: '1' },
        { label: 'mobile', value: '2' },
      ],
    });
  });

  test('a malformed labeled email is left out with a remark and the person goes on', () => {
    const outcome = expectDraft(
      mapPerson([name, mapping('EMAIL', { label: 'x', attributes: ['mail'] })], { cn: 'A', mail: 'no' }),
    );
    expect(outcome.draft.values).toEqual({ DISPLAY_NAME: 'A' });
    expect(outcome.draft.fills).toEqual({ DISPLAY_NAME: 'cn' });
    expect(outcome.remarks).toEqual(['mail: "no" was left out: it is not an email address']);
  });
});

describe('flags', () => {
  const flag = mapping('PORTAL_ACCESS', { attributes: ['portal'] });

  test.each<[string | string[], boolean | undefined]>([
    ['TRUE', true],
    ['yes', true],
    ['1', true],
    ['On', true],
    ['false', false],
    ['0', false],
    [['TRUE', 'yes'], true],
    ['maybe', undefined],
    [['TRUE', 'FALSE'], undefined],
  ])('%j is %j', (portal, value) => {
    expect(valuesOf([flag], { portal }).PORTAL_ACCESS).toBe(value);
  });

  test('text that is neither yes nor no gives a remark', () => {
    const outcome = expectDraft(mapPerson([name, flag], { cn: 'Anna', portal: 'maybe' }));
    expect(outcome.remarks).toEqual(['portal: "maybe" was left out: it is neither yes nor no']);
    expect(outcome.draft.fills).toEqual({ DISPLAY_NAME: 'cn' });
  });

  test('PORTAL_ACCESS needs no email', () => {
    expect(valuesOf([mapping('PORTAL_ACCESS', { value: 'true' })], {})).toEqual({ PORTAL_ACCESS: true });
  });
});

describe("values that can't be stored", () => {
  test.each<[string, string, string]>([
    ['a NUL character', 'a\u0000b', 'contains a NUL character'],
    ['half of a surrogate pair', 'a\ud800', 'contains half of a surrogate pair'],
    ['more than 1,000 characters', 'x'.repeat(1001), 'has 1001 characters, 1000 at most are taken'],
    ['5 MB', 'x'.repeat(5_000_000), 'has 5000000 characters, 1000 at most are taken'],
  ])('with %s are left out whole, with a remark', (_, l, reason) => {
    const outcome = expectDraft(mapPerson([name, mapping('CITY', { attributes: ['l'] })], { cn: 'Anna', l }));
    expect(outcome.draft.values).toEqual({ DISPLAY_NAME: 'Anna' });
    expect(outcome.remarks).toHaveLength(1);
    expect(outcome.remarks[0]).toContain(reason);
    expect(outcome.remarks[0]?.length).toBeLessThan(200);
  });

  test('NOTES may have 64 KiB', () => {
    const notes = mapping('NOTES', { attributes: ['description'] });
    expect(valuesOf([notes], { description: 'x'.repeat(65_536) }).NOTES).toHaveLength(65_536);
    expect(valuesOf([notes], { description: 'x'.repeat(65_537) })).toEqual({});
  });

  test('make the mapping use the next attribute', () => {
    expect(valuesOf([mapping('CITY', { attributes: ['l', 'st'] })], { l: 'a\u0000', st: 'BE' })).toEqual({
      CITY: 'BE',
    });
  });
});

describe('the display name', () => {
  const mappings = [
    mapping('DISPLAY_NAME', { attributes: ['displayName'] }),
    mapping('GIVEN_NAME', { attributes: ['givenName'] }),
    mapping('FAMILY_NAME', { attributes: ['sn'] }),
    mapping('PRIMARY_EMAIL', { attributes: ['mail'] }),
    mapping('EMAIL', { label: 'home', attributes: ['home'] }),
    mapping('COMPANY', { attributes: ['o'] }),
  ];

  test.each<[string, Person, string]>([
    ['is the mapped one', { displayName: 'Annie', givenName: 'Anna', sn: 'Berg' }, 'Annie'],
    ['else given and family name', { givenName: 'Anna', sn: 'Berg', mail: 'a@x.de' }, 'Anna Berg'],
    ['else the given name alone', { givenName: 'Anna', mail: 'a@x.de' }, 'Anna'],
    ['else the family name alone', { sn: 'Berg' }, 'Berg'],
    ['else the primary email', { mail: 'a@x.de', home: 'h@x.de' }, 'a@x.de'],
    ['else a labeled email', { home: ['z@x.de', 'h@x.de'] }, 'h@x.de'],
  ])('%s', (_, person, value) => {
    expect(expectDraft(mapPerson(mappings, person)).draft.values.DISPLAY_NAME).toBe(value);
  });

  test('that is made of other fields has the choices of its parts', () => {
    expect(expectDraft(mapPerson(mappings, { givenName: ['Anna', 'Ann'], sn: 'Berg' })).alternatives).toEqual({
      GIVEN_NAME: ['Anna', 'Ann'],
      DISPLAY_NAME: ['Anna Berg', 'Ann Berg'],
    });
  });

  test('that is made of other fields has its own fill', () => {
    expect(expectDraft(mapPerson(mappings, { sn: 'Berg' })).draft.fills).toEqual({
      DISPLAY_NAME: '~',
      FAMILY_NAME: 'sn',
    });
  });

  test('is a problem when there is neither name nor email', () => {
    expect(mapPerson(mappings, { o: 'ACME' })).toMatchObject({ kind: 'problem', code: 'NO_NAME' });
  });
});

describe('fills', () => {
  const compiled = compile([
    mapping('DISPLAY_NAME', { attributes: ['displayName', 'cn'] }),
    mapping('PHONE', { label: 'work', attributes: ['telephoneNumber'] }),
    mapping('CITY', { template: '{{ l }}' }),
    mapping('COMPANY', { value: 'ACME' }),
  ]);
  const fillsOf = (person: Person) => expectDraft(mapWith(compiled, person)).draft.fills;

  test('name for each filled field the attribute that won, = for a fixed value, {} for a template', () => {
    expect(fillsOf({ cn: 'Anna', telephoneNumber: '1', l: 'Ulm' })).toEqual({
      DISPLAY_NAME: 'cn',
      'PHONE:work': 'telephoneNumber',
      CITY: '{}',
      COMPANY: '=',
    });
  });

  test('are the same frozen object for the same pattern of winners, and another for another', () => {
    const fills = fillsOf({ cn: 'Anna' });
    expect(fillsOf({ cn: 'Bert' })).toBe(fills);
    expect(Object.isFrozen(fills)).toBe(true);
    expect(fillsOf({ displayName: 'Bert' })).not.toBe(fills);
    expect(fillsOf({ cn: 'Bert', l: 'Ulm' })).not.toBe(fills);
  });
});

test('mapping one person leaves nothing behind for the next', () => {
  const compiled = compile([name, mapping('EMAIL', { label: 'x', attributes: ['mail'] })]);
  mapWith(compiled, { cn: ['Anna', 'Ann'], mail: ['a@x.de', 'no'] });
  expect(mapWith(compiled, { cn: 'Bert' })).toEqual({
    kind: 'draft',
    draft: { values: { DISPLAY_NAME: 'Bert' }, fills: { DISPLAY_NAME: 'cn' } },
    remarks: [],
    findings: [],
  });
});
