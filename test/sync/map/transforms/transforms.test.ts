import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { getCountries, getCountryCallingCode, parsePhoneNumberFromString } from 'libphonenumber-js';
import { alpha3Codes, regionCodes } from '../../../../src/core/region-codes.ts';
import { countryCode } from '../../../../src/sync/map/transforms/country-code.ts';
import { type TransformValue, transforms } from '../../../../src/sync/map/transforms/transforms.ts';

const apply = (transform: TransformValue, value: string): string => transform(value, { country: null });

describe('LOWERCASE, UPPERCASE and FIRST_LINE', () => {
  test.each([
    ['LOWERCASE', 'ÄNNA', 'änna'],
    ['UPPERCASE', 'Straße', 'STRASSE'],
    ['FIRST_LINE', 'Weg 1 \r\nOrt', 'Weg 1'],
    ['FIRST_LINE', 'one line', 'one line'],
  ] as const)('%s of %j is %j', (name, value, result) => {
    expect(apply(transforms[name], value)).toBe(result);
  });
});

describe('POSTAL_ADDRESS', () => {
  test.each([
    ['1234 Main St.$Anytown, CA 12345$USA', '1234 Main St.\nAnytown, CA 12345\nUSA'],
    ['\\241,000,000 Sweepstakes$PO Box 1000000$Anytown', '$1,000,000 Sweepstakes\nPO Box 1000000\nAnytown'],
    ['back\\5Cslash$x\\5c24', 'back\\slash\nx\\24'],
    ['a $ $ b$', 'a\nb'],
    ['plain', 'plain'],
    ['$', ''],
  ])('%j has the lines %j', (value, lines) => {
    expect(apply(transforms.POSTAL_ADDRESS, value)).toBe(lines);
  });
});

describe('BOOLEAN', () => {
  test.each([
    ['TRUE', 'true'],
    ['yes', 'true'],
    ['1', 'true'],
    ['on', 'true'],
    ['False', 'false'],
    ['0', 'false'],
    ['maybe', 'maybe'],
    ['2', '2'],
  ])('%s is %s', (value, result) => {
    expect(apply(transforms.BOOLEAN, value)).toBe(result);
  });
});

describe('COUNTRY_CODE', () => {
  test.each([
    ['de', 'DE'],
    ['DEU', 'DE'],
    ['276', 'DE'],
    ['36', 'AU'],
    ['4', 'AF'],
    ['Germany', 'DE'],
    ['DEUTSCHLAND', 'DE'],
    ['Allemagne', 'DE'],
    ['Österreich', 'AT'],
    ['Schweiz', 'CH'],
    ['Suisse', 'CH'],
    ['Éire', 'IE'],
    ['日本', 'JP'],
    ['Россия', 'RU'],
    ['UK', 'GB'],
    ['England', 'GB'],
    ['U.S.A.', 'US'],
    ['United States of America', 'US'],
    ['Côte d’Ivoire', 'CI'],
    ['The Netherlands', 'NL'],
    ['Czech Republic', 'CZ'],
    ['Türkiye', 'TR'],
    ['Kosovo', 'XK'],
    ['Guinea', 'GN'],
    ['Niger', 'NE'],
    ['Georgia', 'GE'],
    ['Atlantis', 'Atlantis'],
    ['999', '999'],
    ['ZZ', 'ZZ'],
    ['0', ''],
  ])('of %s is %j', (value, code) => {
    expect(countryCode(value)).toBe(code);
  });

  test('knows every country by its codes and its English name', () => {
    const english = new Intl.DisplayNames(['en'], { type: 'region' });
    expect(regionCodes.size).toBe(250);
    for (const [alpha3, code] of alpha3Codes) {
      expect([countryCode(alpha3), countryCode(english.of(code) ?? '')]).toEqual([code, code]);
    }
  });
});

describe('PHONE_E164', () => {
  test.each([
    ['+49 30 1234567', null, '+49301234567'],
    ['+49 (0)30 / 123-4567', null, '+49301234567'],
    ['+44 (0)20 7946 0958', null, '+442079460958'],
    ['0049 30 1234567', null, '+49301234567'],
    ['0049 30 1234567', 'DE', '+49301234567'],
    ['030 1234567', 'DE', '+49301234567'],
    ['(415) 555-0100', 'US', '+14155550100'],
    ['06 1234 5678', 'IT', '+390612345678'],
    ['+1 415 555 0100', 'DE', '+14155550100'],
    ['+49 30 1234567 ext. 45', null, '+49301234567 ext. 45'],
    ['+49 30 1234567 x45', null, '+49301234567 ext. 45'],
    ['030 1234567', null, '030 1234567'],
    ['030 1234567', 'AQ', '030 1234567'],
    ['+49 30 1', null, '+49 30 1'],
    ['+999 123456', null, '+999 123456'],
    ['ask Anna', 'DE', 'ask Anna'],
    ['Anna +49 30 1234567', null, 'Anna +49 30 1234567'],
  ])('of %j in %j is %j', (value, country, result) => {
    expect(transforms.PHONE_E164(value, { country })).toBe(result);
    expect(transforms.PHONE_E164(result, { country })).toBe(result);
  });
});

test('PHONE_E164 gives what the library gives, for any grouping of any digits behind any calling code', () => {
  const callingCodes = [...new Set(getCountries().map((country) => String(getCountryCallingCode(country))))];
  const separator = fc.constantFrom('', '', '', ' ', '-', '.', '(', ') ', ' (0)', '/');
  const digits = fc.array(fc.tuple(separator, fc.constantFrom(...'0123456789')), { minLength: 1, maxLength: 15 });
  fc.assert(
    fc.property(fc.constantFrom(...callingCodes), digits, fc.constantFrom(null, 'DE', 'US'), (code, rest, country) => {
      const value = `+${code}${rest.flat().join('')}`;
      const phone = parsePhoneNumberFromString(value, { extract: false });
      expect(transforms.PHONE_E164(value, { country })).toBe(phone?.isPossible() ? phone.number : value);
    }),
    { numRuns: 5_000 },
  );
});
