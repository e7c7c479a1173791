import { describe, expect, test } from '@jest/globals';
import type { FieldMapping } from '../../../src/core/connection.ts';
import { defaultMappings } from '../../support/source-defaults.ts';
import { check, mapping } from './mapping.ts';

const name = mapping('DISPLAY_NAME', { attributes: ['cn'] });

/** The faults of a mapping that follows a good one, as "path code". */
const faultsOf = (...mappings: FieldMapping[]) =>
  check([name, ...mappings], ['input', 'mappings']).map(({ field, code }) => `${field?.slice(2).join('.')} ${code}`);

describe('checkMappings', () => {
  test.each(['LDAP', 'ACTIVE_DIRECTORY'] as const)('finds nothing wrong with the defaults of %s', (kind) => {
    expect(check(defaultMappings(kind), ['input', 'mappings'])).toEqual([]);
  });

  test.each<[string, FieldMapping]>([
    ['attributes with options and OIDs', mapping('CITY', { attributes: ['l;lang-de', '2.5.4.7', 'x_city', 'l'] })],
    ['a template', mapping('CITY', { template: '{{ l | upcase }}' })],
    ['a fixed flag', mapping('PORTAL_ACCESS', { value: 'Yes' })],
    ['a fixed labeled email', mapping('EMAIL', { label: 'office', value: 'office@x.de' })],
    ['a label of another script', mapping('PHONE', { label: '携帯 (2)', attributes: ['mobile'] })],
    ['a flag’s transform', mapping('FORMS_ACCESS', { attributes: ['x'], transforms: ['BOOLEAN'] })],
  ])('accepts %s', (_, each) => {
    expect(faultsOf(each)).toEqual([]);
  });

  test.each<[string, FieldMapping[], string[]]>([
    ['no source', [mapping('CITY')], ['1 REQUIRED']],
    ['two sources', [mapping('CITY', { attributes: ['l'], value: 'x' })], ['1 CONTRADICTION']],
    ['three sources', [mapping('CITY', { attributes: ['l'], value: 'x', template: 'x' })], ['1 CONTRADICTION']],
    [
      'too many attributes',
      [mapping('CITY', { attributes: Array.from({ length: 21 }, (_, i) => `a${i}`) })],
      ['1.attributes TOO_MANY'],
    ],
    ['a missing label', [mapping('EMAIL', { attributes: ['mail'] })], ['1.label REQUIRED']],
    ['an empty label', [mapping('PHONE', { label: '', attributes: ['x'] })], ['1.label REQUIRED']],
    ['a label where there is none', [mapping('CITY', { label: 'x', attributes: ['l'] })], ['1.label UNWANTED']],
    ['a label with a colon', [mapping('PHONE', { label: 'a:b', attributes: ['x'] })], ['1.label INVALID_LABEL']],
    [
      'a label with a space at its end',
      [mapping('PHONE', { label: 'a ', attributes: ['x'] })],
      ['1.label INVALID_LABEL'],
    ],
    ['a long label', [mapping('PHONE', { label: 'x'.repeat(41), attributes: ['x'] })], ['1.label INVALID_LABEL']],
    ['a field mapped twice', [name], ['1.field DUPLICATE']],
    [
      'a label mapped twice, whatever its case',
      [mapping('PHONE', { label: 'work', attributes: ['a'] }), mapping('PHONE', { label: 'Work', attributes: ['b'] })],
      ['2.field DUPLICATE'],
    ],
    [
      'an attribute with a space',
      [mapping('CITY', { attributes: ['l', 'a b'] })],
      ['1.attributes.1 INVALID_ATTRIBUTE'],
    ],
    [
      'an attribute that is a filter',
      [mapping('CITY', { attributes: ['l)(x=*'] })],
      ['1.attributes.0 INVALID_ATTRIBUTE'],
    ],
    ['a picture', [mapping('NOTES', { attributes: ['JPEGPhoto;binary'] })], ['1.attributes.0 ATTRIBUTE_NOT_ALLOWED']],
    ['a password', [mapping('NOTES', { template: '{{ userPassword }}' })], ['1.template ATTRIBUTE_NOT_ALLOWED']],
    ['a blank template', [mapping('CITY', { template: ' ' })], ['1.template INVALID_TEMPLATE']],
    ['a huge template', [mapping('CITY', { template: 'x'.repeat(10_001) })], ['1.template INVALID_TEMPLATE']],
    ['an unknowable attribute', [mapping('CITY', { template: '{{ attr_all[x] }}' })], ['1.template INVALID_TEMPLATE']],
    [
      'a template that reads a file',
      [mapping('CITY', { template: '{% include "x" %}' })],
      ['1.template INVALID_TEMPLATE'],
    ],
    [
      'a template that reads the clock',
      [mapping('CITY', { template: '{{ "now" | date: "%Y" }}' })],
      ['1.template INVALID_TEMPLATE'],
    ],
    [
      'a fixed flag that is neither yes nor no',
      [mapping('PORTAL_ACCESS', { value: 'maybe' })],
      ['1.value INVALID_VALUE'],
    ],
    ['an empty fixed value', [mapping('CITY', { value: ' ' })], ['1.value INVALID_VALUE']],
    ['a fixed value with a NUL', [mapping('CITY', { value: 'a\u0000' })], ['1.value INVALID_VALUE']],
    ['a fixed primary email', [mapping('PRIMARY_EMAIL', { value: 'a@x.de' })], ['1.value VALUE_NOT_ALLOWED']],
    ['a malformed fixed email', [mapping('EMAIL', { label: 'x', value: 'no' })], ['1.value INVALID_EMAIL']],
    [
      'a transform of another field',
      [mapping('CITY', { attributes: ['l'], transforms: ['LOWERCASE', 'PHONE_E164'] })],
      ['1.transforms.1 TRANSFORM_NOT_ALLOWED'],
    ],
    [
      'a text transform on a flag',
      [mapping('PORTAL_ACCESS', { attributes: ['x'], transforms: ['UPPERCASE'] })],
      ['1.transforms.0 TRANSFORM_NOT_ALLOWED'],
    ],
  ])('refuses %s', (_, mappings, faults) => {
    expect(faultsOf(...mappings)).toEqual(faults);
  });

  test.each<[FieldMapping['field'], string, Partial<FieldMapping>]>([
    ['TIME_ZONE', 'Europe/Berlin', {}],
    ['TIME_ZONE', 'UTC', {}],
    ['LANGUAGE', 'de', {}],
    ['LANGUAGE', 'en-GB', {}],
    ['LANGUAGE', 'zh-Hant-TW', {}],
    ['LANGUAGE', 'es-419', {}],
    ['COUNTRY', 'DE', {}],
    ['COUNTRY', 'XK', {}],
    ['COUNTRY', 'de', { transforms: ['UPPERCASE'] }],
    ['COUNTRY', 'Germany', { transforms: ['COUNTRY_CODE'] }],
    ['PHONE', '+49 30 1234567', { transforms: ['PHONE_E164'] }],
    ['PHONE', '0049 (30) 123 45-67', { transforms: ['PHONE_E164'] }],
    ['PHONE', '030 1234-56', {}],
    ['PHONE', '+49 (0)30/123456 ext. 12', {}],
    ['PHONE', '112', {}],
    ['PHONE', '*31#0301234', {}],
    ['STREET', 'Hof 3\nHaus 2', {}],
  ])('accepts %s %j for everybody', (field, value, rest) => {
    expect(faultsOf(mapping(field, { label: field === 'PHONE' ? 'work' : null, value, ...rest }))).toEqual([]);
  });

  test.each<[FieldMapping['field'], string, Partial<FieldMapping>, string]>([
    ['TIME_ZONE', 'Berlin', {}, 'INVALID_TIME_ZONE'],
    ['TIME_ZONE', 'Mars/Base', {}, 'INVALID_TIME_ZONE'],
    ['TIME_ZONE', '+02:00', {}, 'INVALID_TIME_ZONE'],
    ['LANGUAGE', 'german', {}, 'INVALID_LANGUAGE'],
    ['LANGUAGE', 'de_DE', {}, 'INVALID_LANGUAGE'],
    ['LANGUAGE', 'zz', {}, 'INVALID_LANGUAGE'],
    ['LANGUAGE', 'de-QX', {}, 'INVALID_LANGUAGE'],
    ['LANGUAGE', '*', {}, 'INVALID_LANGUAGE'],
    ['COUNTRY', 'Germany', {}, 'INVALID_COUNTRY'],
    ['COUNTRY', 'DEU', {}, 'INVALID_COUNTRY'],
    ['COUNTRY', 'QX', {}, 'INVALID_COUNTRY'],
    ['COUNTRY', 'Atlantis', { transforms: ['COUNTRY_CODE'] }, 'INVALID_COUNTRY'],
    ['COUNTRY', '0', { transforms: ['COUNTRY_CODE'] }, 'INVALID_COUNTRY'],
    ['PHONE', 'call us', {}, 'INVALID_PHONE'],
    ['PHONE', '12', {}, 'INVALID_PHONE'],
    ['PHONE', '1'.repeat(31), {}, 'INVALID_PHONE'],
    ['PHONE', '+49 30 1234567 (office)', {}, 'INVALID_PHONE'],
    ['PHONE', '030 1234567', { transforms: ['PHONE_E164'] }, 'INVALID_PHONE'],
    ['PHONE', '+49 3', { transforms: ['PHONE_E164'] }, 'INVALID_PHONE'],
    ['PHONE', '+999 1234567', { transforms: ['PHONE_E164'] }, 'INVALID_PHONE'],
    ['CITY', 'Ber\u0007lin', {}, 'INVALID_VALUE'],
    ['COMPANY', 'One\nTwo', {}, 'INVALID_VALUE'],
  ])('refuses %s %j for everybody', (field, value, rest, code) => {
    const faults = faultsOf(mapping(field, { label: field === 'PHONE' ? 'work' : null, value, ...rest }));
    expect(faults).toEqual([`1.value ${code}`]);
  });

  test('reads a phone number that everybody gets by the country that everybody gets', () => {
    const phone = mapping('PHONE', { label: 'work', value: '030 1234567', transforms: ['PHONE_E164'] });
    const country = (value: string) => mapping('COUNTRY', { value, transforms: ['COUNTRY_CODE'] });
    expect(faultsOf(phone, country('Deutschland'))).toEqual([]);
    expect(faultsOf(phone, mapping('COUNTRY', { attributes: ['c'] }))).toEqual(['1.value INVALID_PHONE']);
  });

  test('reports all faults at once, with their paths', () => {
    const faults = faultsOf(
      mapping('EMAIL', { attributes: ['a b'], transforms: ['BOOLEAN'] }),
      mapping('CITY', { template: '{{', label: 'x' }),
    );
    expect(faults).toEqual([
      '1.label REQUIRED',
      '1.attributes.0 INVALID_ATTRIBUTE',
      '1.transforms.0 TRANSFORM_NOT_ALLOWED',
      '2.label UNWANTED',
      '2.template INVALID_TEMPLATE',
    ]);
  });

  test.each([
    ['{{ a', 'The template, line 1, column 1: output "{{ a" not closed.'],
    ['x\n {% if %}', 'The template, line 2, column 7: invalid value expression: "".'],
    ['{{ a | nope }}', 'The template, line 1, column 1: undefined filter: nope.'],
    ['\n{% foo %}', 'The template, line 2, column 1: tag "foo" not found.'],
  ])('says where the mistake in %j is', (template, message) => {
    expect(check([name, mapping('CITY', { template })], [])).toEqual([
      { field: ['1', 'template'], code: 'INVALID_TEMPLATE', message },
    ]);
  });

  test('requires a field that names people', () => {
    expect(check([mapping('CITY', { attributes: ['l'] })], ['m'])).toMatchObject([
      { field: ['m'], code: 'NAME_REQUIRED' },
    ]);
    expect(check([], ['m'])).toMatchObject([{ field: ['m'], code: 'NAME_REQUIRED' }]);
  });
});
