import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import { remember } from '../../../core/remember.ts';
import { plainInternationalReader } from './plain-international-number.ts';
import type { TransformContext } from './transform-value.ts';

const REMEMBERED_NUMBERS = 20_000;

/**
 * PHONE_E164: `+49301234567`, with ` ext. 45` behind it where the number has an extension (E.164 knows none). A number
 * without + or 00 is read as one of the person's own country. What is no possible number there stays as it is.
 */
export function phoneE164(value: string, { country }: TransformContext): string {
  const plain = value.startsWith('+') ? readPlain(value) : undefined;
  return plain ?? convertRemembered(`${country ?? NO_COUNTRY}${value}`);
}

const readPlain = plainInternationalReader((number) => parsePhoneNumberFromString(number)?.isPossible() ?? false);

/** As long as a code, so that one memory serves all countries. */
const NO_COUNTRY = '--';

const convertRemembered = remember((key) => {
  const country = key.slice(0, NO_COUNTRY.length);
  return convert(key.slice(NO_COUNTRY.length), isSupportedCountry(country) ? country : null);
}, REMEMBERED_NUMBERS);

/** Whether a text is what PHONE_E164 makes of a possible number. */
export const isPhoneE164 = (text: string): boolean =>
  /^\+[0-9]+(?: ext\. [0-9]+)?$/.test(text) && (parsePhoneNumberFromString(text)?.isPossible() ?? false);

function convert(value: string, country: CountryCode | null): string {
  const text = country === null ? value.replace(/^00(?=[1-9])/, '+') : value;
  const options = country === null ? { extract: false } : { extract: false, defaultCountry: country };
  const phone = parsePhoneNumberFromString(text, options);
  if (phone === undefined || !phone.isPossible()) return value;
  return phone.ext === undefined ? phone.number : `${phone.number} ext. ${phone.ext}`;
}
