import { isTimeZone } from './connection.ts';
import { type ContactField, isFlagField, type LabeledField } from './contact.ts';
import { isEmailAddress } from './email-address.ts';
import { isOneLine, isPlainText, unstorableBecause } from './outside-text.ts';
import { regionCodes } from './region-codes.ts';
import type { ValueFault } from './user-error.ts';

/*
 * What a field of a contact can hold. The value may come from a source, from a fixed value of a mapping, or from a
 * person.
 */

/** Most characters (UTF-16 units) of a value as sent. Longer values are left out as a whole, never cut. */
export const LONGEST_RAW_VALUE = 65_536;

/** Most characters (UTF-16 units) of a field after all transforms. */
export function longestValue(field: ContactField): number {
  return field === 'NOTES' ? LONGEST_RAW_VALUE : 1_000;
}

/** Why a field can't hold a value. Null: it can. */
export function unusableBecause(value: string, longest: number): string | null {
  return value.length > longest
    ? `has ${value.length} characters, ${longest} at most are taken`
    : unstorableBecause(value);
}

/** Fields that can have several lines. */
const longTexts: readonly ContactField[] = ['NOTES', 'STREET'];

/** The fault of a text that somebody has entered for a field: empty, too long, or with control characters. */
export function textFault(field: ContactField, value: string): ValueFault | null {
  if (value === '') return { code: 'INVALID_VALUE', message: 'The value is empty.' };
  const reason = unusableBecause(value, longestValue(field));
  if (reason !== null) return { code: 'INVALID_VALUE', message: `The value ${reason}.` };
  const isPlain = longTexts.includes(field) ? isPlainText(value) : isOneLine(value);
  return isPlain ? null : { code: 'INVALID_VALUE', message: 'The value contains control characters.' };
}

/** The fault of a text for a field whose values have a form: emails, phones, languages and time zones. */
export function formFault(field: ContactField, value: string): ValueFault | null {
  if (isFlagField(field)) return null;
  if ((field === 'EMAIL' || field === 'PRIMARY_EMAIL') && !isEmailAddress(value))
    return { code: 'INVALID_EMAIL', message: 'The value is not an email address.' };
  if (field === 'TIME_ZONE' && !isTimeZone(value))
    return { code: 'INVALID_TIME_ZONE', message: 'A time zone has a name of the IANA list, such as Europe/Berlin.' };
  if (field === 'LANGUAGE' && !isLanguageTag(value))
    return { code: 'INVALID_LANGUAGE', message: 'A language is a BCP 47 tag, such as de, en-GB or zh-Hant.' };
  if (field === 'PHONE' && !isPlausiblePhone(value))
    return {
      code: 'INVALID_PHONE',
      message: 'A phone number consists of digits, such as +49 30 1234567 or 030 1234-56.',
    };
  return null;
}

/** Digits with the usual signs between them, and an extension: `(030) 1234-56 ext. 7`, `*31#`. */
const plausiblePhone = /^\+?[0-9 ()./*#,;\u2010-\u2015-]*[0-9#](?: ?(?:x|ext\.?|extension) ?[0-9]{1,8})?$/i;
const FEWEST_DIGITS = 3;
const MOST_DIGITS = 30;

function isPlausiblePhone(value: string): boolean {
  const digits = value.replace(/[^0-9]/g, '').length;
  return plausiblePhone.test(value) && digits >= FEWEST_DIGITS && digits <= MOST_DIGITS;
}

let names: Intl.DisplayNames | undefined;

/** Whether a text is a BCP 47 tag with a known language and, if it has one, a known region: `de`, `en-GB`, `es-419`. */
function isLanguageTag(text: string): boolean {
  try {
    const { language, region } = new Intl.Locale(text);
    names ??= new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
    return names.of(language) !== undefined && (region === undefined || /^\d/.test(region) || regionCodes.has(region));
  } catch {
    return false;
  }
}

const LONGEST_LABEL = 40;
/** Letters and digits of any script; spaces and a few signs between them. */
const labelShape = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} _.()/+-]*[\p{L}\p{M}\p{N})])?$/u;

/** The fault of the label of an email or phone. */
export function labelFault(field: LabeledField, label: string | null): ValueFault | null {
  if (label === null || label === '')
    return { code: 'REQUIRED', message: `${field} needs a label, e.g. work, mobile or home.` };
  if (label.length <= LONGEST_LABEL && labelShape.test(label)) return null;
  const message = `A label has at most ${LONGEST_LABEL} characters and consists of letters, digits, spaces and _ . ( ) / + -`;
  return { code: 'INVALID_LABEL', message: `${message}, with a letter or digit at its start.` };
}
