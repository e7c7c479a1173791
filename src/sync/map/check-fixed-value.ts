import { type FieldMapping, isTimeZone } from '../../core/connection.ts';
import { type ContactField, isFlagField } from '../../core/contact.ts';
import { isOneLine, isPlainText } from '../../core/outside-text.ts';
import type { UserError } from '../../core/user-error.ts';
import { longestValue, unusableBecause } from './compile-normalizer.ts';
import { isEmailAddress } from './email-address.ts';
import { isPhoneE164 } from './transforms/phone-e164.ts';
import { regionCodes } from './transforms/region-codes.ts';
import { parseBoolean } from './transforms/text-transforms.ts';
import { transforms } from './transforms/transforms.ts';

/** Fields that identify a person. They can't be the same for everybody. */
const personal: readonly ContactField[] = ['DISPLAY_NAME', 'PRIMARY_EMAIL', 'EMPLOYEE_ID'];

/** Fields that can have several lines. */
const longTexts: readonly ContactField[] = ['NOTES', 'STREET'];

/** Digits with the usual signs between them, and an extension: `(030) 1234-56 ext. 7`, `*31#`. */
const plausiblePhone = /^\+?[0-9 ()./*#,;\u2010-\u2015-]*[0-9#](?: ?(?:x|ext\.?|extension) ?[0-9]{1,8})?$/i;
const FEWEST_DIGITS = 3;
const MOST_DIGITS = 30;

/**
 * The faults of a fixed value, which everybody gets. It is checked after its transforms. `path` leads to the value. `country` is
 * the country code that everybody gets, if any: phone numbers are read as numbers of that country.
 */
export function checkFixedValue(mapping: FieldMapping, path: string[], country: string | null): UserError[] {
  const value = mapping.value?.trim() ?? '';
  const fault = textFault(mapping.field, value) ?? faultOf(mapping, transformed(mapping, value, country));
  return fault === null ? [] : [{ field: path, ...fault }];
}

/** The code of the country that everybody gets. Null: there is none, or people have different ones. */
export function fixedCountry(mappings: readonly FieldMapping[]): string | null {
  const mapping = mappings.find(({ field }) => field === 'COUNTRY');
  const country = mapping?.value == null ? '' : transformed(mapping, mapping.value.trim(), null);
  return regionCodes.has(country) ? country : null;
}

type FixedFault = Omit<UserError, 'field'>;

function transformed(mapping: FieldMapping, value: string, country: string | null): string {
  return mapping.transforms.reduce(
    (text, name) => (text === '' ? '' : transforms[name](text, { country }).trim()),
    value,
  );
}

function textFault(field: ContactField, value: string): FixedFault | null {
  if (personal.includes(field)) {
    return {
      code: 'VALUE_NOT_ALLOWED',
      message: `${field} can't be the same for everybody; map an attribute or a template.`,
    };
  }
  if (value === '') return { code: 'INVALID_VALUE', message: 'The value is empty.' };
  const reason = unusableBecause(value, longestValue(field));
  if (reason !== null) return { code: 'INVALID_VALUE', message: `The value ${reason}.` };
  const isPlain = longTexts.includes(field) ? isPlainText(value) : isOneLine(value);
  return isPlain ? null : { code: 'INVALID_VALUE', message: 'The value contains control characters.' };
}

function faultOf(mapping: FieldMapping, value: string): FixedFault | null {
  const { field } = mapping;
  if (isFlagField(field)) {
    return parseBoolean(value) === undefined
      ? { code: 'INVALID_VALUE', message: `${field} is either true or false.` }
      : null;
  }
  if (field === 'EMAIL' && !isEmailAddress(value))
    return { code: 'INVALID_EMAIL', message: 'The value is not an email address.' };
  if (field === 'TIME_ZONE' && !isTimeZone(value))
    return { code: 'INVALID_TIME_ZONE', message: 'A time zone has a name of the IANA list, such as Europe/Berlin.' };
  if (field === 'LANGUAGE' && !isLanguageTag(value))
    return { code: 'INVALID_LANGUAGE', message: 'A language is a BCP 47 tag, such as de, en-GB or zh-Hant.' };
  if (field === 'COUNTRY' && !regionCodes.has(value))
    return { code: 'INVALID_COUNTRY', message: 'A country is a code of ISO 3166-1 with two letters, such as DE.' };
  return field === 'PHONE' ? phoneFault(mapping, value) : null;
}

function phoneFault({ transforms: names }: FieldMapping, value: string): FixedFault | null {
  if (names.includes('PHONE_E164')) {
    const message =
      'This is not a possible phone number: write it with + and the country code, such as +49 30 1234567.';
    return isPhoneE164(value) ? null : { code: 'INVALID_PHONE', message };
  }
  const digits = value.replace(/[^0-9]/g, '').length;
  const isPlausible = plausiblePhone.test(value) && digits >= FEWEST_DIGITS && digits <= MOST_DIGITS;
  return isPlausible
    ? null
    : { code: 'INVALID_PHONE', message: 'A phone number consists of digits, such as +49 30 1234567 or 030 1234-56.' };
}

let names: Intl.DisplayNames | undefined;

/** Whether a text is a BCP 47 tag with a known language and, if it has one, a known region: `de`, `en-GB`, `es-419`. */
export function isLanguageTag(text: string): boolean {
  try {
    const { language, region } = new Intl.Locale(text);
    names ??= new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
    return names.of(language) !== undefined && (region === undefined || /^\d/.test(region) || regionCodes.has(region));
  } catch {
    return false;
  }
}
