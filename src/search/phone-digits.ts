/** The signs with which people write numbers. */
export const numberSigns = /^[0-9+\-()/.\u2010-\u2015\u2212\s]*$/;

const notDigits = /[^0-9]+/g;
/** The 0 that people put into international numbers: `+49 (0)30`. */
const trunkZero = /^(\s*(?:\+|00)[\s\d]{1,5})\(0\)/;
const leadingZeros = /^0+(?=.)/;

/** The fewest digits of a number within a country; also how many of its last digits the index holds. */
export const SHORTEST_NUMBER = 4;

export function digitsOf(text: string): string {
  return text.replace(notDigits, '');
}

/** `+49 (0)30` without the `(0)`. */
export function withoutTrunkZero(text: string): string {
  return text.replace(trunkZero, '$1');
}

/** Removes leading zeros, which are not searched. A single zero stays. */
export function withoutLeadingZeros(digits: string): string {
  return digits.startsWith('0') ? digits.replace(leadingZeros, '') : digits;
}

/** Calling codes of one and of two digits (ITU-T E.164); all others have three. */
const callingCode = /^(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;
const otherCode = 3;

/** An international number without the country's code. Empty if only the code has been typed. */
export function withoutCountry(digits: string): string {
  return digits.slice(callingCode.exec(digits)?.[0].length ?? otherCode).replace(/^0+/, '');
}
