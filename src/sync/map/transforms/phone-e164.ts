import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import { memoize } from '../memoize.ts';
import { plainInternationalReader } from './plain-international-number.ts';
import type { TransformContext } from './transform-value.ts';

const REMEMBERED_NUMBERS = 20_000;

/**
 * PHONE_E164: `+49301234567`, with ` ext. 45` behind it where the number has an extension (E.164 knows none). A number
 * without + or 00 is read as one of the person's own country. What is no possible number there stays as it is.
 */
export function phoneE164(value: string, { country }: TransformContext): string {
  const plain = value.startsWith('+') ? readPlain(value) : undefined;
  return plain ?? converterFor(country !== null && isSupportedCountry(country) ? country : null)(value);
}

const readPlain = plainInternationalReader((number) => parsePhoneNumberFromString(number)?.isPossible() ?? false);

const converters = new Map<CountryCode | null, (value: string) => string>();

function converterFor(country: CountryCode | null): (value: string) => string {
  const known = converters.get(country);
  if (known !== undefined) return known;
  const converter = memoize((value) => convert(value, country), REMEMBERED_NUMBERS);
  converters.set(country, converter);
  return converter;
}

function convert(value: string, country: CountryCode | null): string {
  const text = country === null ? value.replace(/^00(?=[1-9])/, '+') : value;
  const options = country === null ? { extract: false } : { extract: false, defaultCountry: country };
  const phone = parsePhoneNumberFromString(text, options);
  if (phone === undefined || !phone.isPossible()) return value;
  return phone.ext === undefined ? phone.number : `${phone.number} ext. ${phone.ext}`;
}
