import { expect, test } from '@jest/globals';
import type { FieldMapping } from '../../../src/core/connection.ts';
import { mapPerson, mapping, type Person } from './mapping.ts';

const name = mapping('DISPLAY_NAME', { attributes: ['cn'] });
const email = mapping('PRIMARY_EMAIL', { attributes: ['mail'] });
const phone = mapping('PHONE', { label: 'work', attributes: ['tel'], transforms: ['PHONE_E164'] });

/** What is found, as `KIND FIELD`. */
function found(mappings: FieldMapping[], person: Person): string[] {
  return mapPerson(mappings, person).findings.map(({ kind, field }) => `${kind} ${field}`);
}

test.each<[string, FieldMapping[], Person, string[]]>([
  ['nothing about clean values', [name, email, phone], { cn: 'Ada B', mail: 'a@x.de', tel: '+49 30 1234567' }, []],
  ['a space at an end', [name], { cn: 'Ada ' }, ['STRAY_SPACE DISPLAY_NAME']],
  ['two spaces in a row', [name], { cn: 'Ada  B' }, ['STRAY_SPACE DISPLAY_NAME']],
  ['no layout of notes', [name, mapping('NOTES', { attributes: ['info'] })], { cn: 'Ada', info: 'a  b' }, []],
  ['no blank value in place of none', [name, mapping('CITY', { attributes: ['l'] })], { cn: 'Ada', l: '  ' }, []],
  ['no spaces that a template or a fixed value brings', [mapping('DISPLAY_NAME', { value: ' A  B ' })], {}, []],
  ['a missing email', [name, email], { cn: 'Ada' }, ['MISSING_VALUE PRIMARY_EMAIL']],
  ['a missing name that is put together', [name, email], { mail: 'a@x.de' }, ['MISSING_VALUE DISPLAY_NAME']],
  ['a person without any name', [name], {}, ['MISSING_VALUE DISPLAY_NAME']],
  ['no empty field that need not be filled', [name, mapping('CITY', { attributes: ['l'] })], { cn: 'Ada' }, []],
  [
    'a malformed email, once',
    [name, email],
    { cn: 'Ada', mail: ['x', 'y', 'a@x.de'] },
    ['MALFORMED_EMAIL PRIMARY_EMAIL'],
  ],
  [
    'a malformed email that skips the person',
    [name, email],
    { cn: 'Ada', mail: 'x' },
    ['MALFORMED_EMAIL PRIMARY_EMAIL'],
  ],
  ['a phone number that is none', [name, phone], { cn: 'Ada', tel: 'ask Bob' }, ['UNPARSABLE_PHONE PHONE']],
  ['a number without its country', [name, phone], { cn: 'Ada', tel: '030 1234567' }, ['UNPARSABLE_PHONE PHONE']],
  ['a number of an impossible length', [name, phone], { cn: 'Ada', tel: '+491' }, ['UNPARSABLE_PHONE PHONE']],
  ['no number that is written as it should be', [name, phone], { cn: 'Ada', tel: '+390612345678' }, []],
  ['no extension', [name, phone], { cn: 'Ada', tel: '+49301234567 ext. 45' }, []],
])('the findings have %s', (_, mappings, person, findings) => {
  expect(found(mappings, person)).toEqual(findings);
});

test('the findings of a person are few and short, however many values there are', () => {
  const many = Array.from({ length: 5000 }, (_, i) => `${'x'.repeat(1000)}${i} `);
  const { findings } = mapPerson(
    Array.from({ length: 50 }, (_, i) =>
      mapping('PHONE', { label: `${i}`, attributes: ['tel'], transforms: ['PHONE_E164'] }),
    ).concat(name),
    { cn: 'Ada', tel: many },
  );
  expect(findings.length).toBeLessThanOrEqual(20);
  expect(JSON.stringify(findings).length).toBeLessThan(10_000);
});
