import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import { remember } from '../../../core/remember.ts';

const REMEMBERED_NUMBERS = 20_000;

/**
 * PHONE_E164: `+49301234567`, followed by ` ext. 45` where the number has an extension (E.164 has none). A number without + or
 * 00 is read as a number of the person's country. A value that is no possible number stays as it is.
 */
export function phoneE164(value: string, { country }: { country: string | null }): string {
  const plain = value.startsWith('+') ? plainNumbers.read(value) : undefined;
  return plain ?? convertRemembered(`${country ?? NO_COUNTRY}${value}`);
}

const plainNumbers = plainInternationalNumbers((number) => parsePhoneNumberFromString(number)?.isPossible() ?? false);

/** As long as a country code, so that it can replace one. */
const NO_COUNTRY = '--';

const convertRemembered = remember((key) => {
  const country = key.slice(0, NO_COUNTRY.length);
  return convert(key.slice(NO_COUNTRY.length), isSupportedCountry(country) ? country : null);
}, REMEMBERED_NUMBERS);

/** Whether a value that PHONE_E164 has left as it is already has the form that it writes. */
export function isConverted(value: string): boolean {
  if (!written.test(value)) return false;
  return plainNumbers.isPossible(value) ?? isRemembered(value);
}

const isRemembered = remember(isPhoneE164, REMEMBERED_NUMBERS);

const written = /^\+[0-9]+(?: ext\. [0-9]+)?$/;

/** Whether a text is a possible number in the form that PHONE_E164 writes. */
export function isPhoneE164(text: string): boolean {
  return written.test(text) && (parsePhoneNumberFromString(text)?.isPossible() ?? false);
}

function convert(value: string, country: CountryCode | null): string {
  const text = country === null ? value.replace(/^00(?=[1-9])/, '+') : value;
  const options = country === null ? { extract: false } : { extract: false, defaultCountry: country };
  const phone = parsePhoneNumberFromString(text, options);
  if (phone === undefined || !phone.isPossible()) return value;
  return phone.ext === undefined ? phone.number : `${phone.number} ext. ${phone.ext}`;
}

/**
 * Calling codes whose national prefix is 0 or absent (for 1: 1). A number that starts with another digit after the code has no
 * prefix to remove. A test compares each with the library.
 */
const CALLING_CODES =
  '1 20 27 30 31 32 33 34 39 40 41 43 45 46 47 48 49 51 56 58 60 62 63 64 65 66 84 90 91 92 ' +
  '94 98 212 351 353 354 355 356 357 358 359 371 372 373 380 381 385 386 387 389 420 421 852 886 966 971 972 977 994 995';

const others = CALLING_CODES.split(' ').filter((code) => code !== '1');
const plain = new RegExp(`^[+](?:(1)[2-9]|(${others.join('|')})[1-9])[0-9]{2,13}$`);
const international = /^\+[0-9 ()./-]+$/;
const grouping = /[ ()./-]+/g;

/**
 * Reads numbers such as `+49 30 1234567` without the phone number library, which takes many times as long. Only spaces and
 * signs are removed; whether the number is possible depends on its length only, so `isPossible` is asked once for each calling
 * code and length. A number that is not possible stays as it is. Undefined: the library must look at the number.
 */
function plainInternationalNumbers(ask: (number: string) => boolean) {
  const possible = new Map<string, boolean>();
  const isPossible = (number: string): boolean | undefined => {
    const match = plain.exec(number);
    if (match === null) return undefined;
    const shape = `${match[1] ?? match[2]} ${number.length}`;
    const known = possible.get(shape) ?? ask(number);
    possible.set(shape, known);
    return known;
  };
  return {
    isPossible,
    read: (value: string): string | undefined => {
      if (!international.test(value)) return undefined;
      const number = value.replace(grouping, '');
      const known = isPossible(number);
      return known === undefined ? undefined : known ? number : value;
    },
  };
}
