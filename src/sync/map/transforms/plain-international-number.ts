/**
 * Calling codes whose national numbers are dialled behind 0 or nothing at all (1: behind 1), so that there is nothing
 * to take away from a number that starts with another digit. A test holds each against the library.
 */
const CALLING_CODES =
  '1 20 27 30 31 32 33 34 39 40 41 43 45 46 47 48 49 51 56 58 60 62 63 64 65 66 84 90 91 92 ' +
  '94 98 212 351 353 354 355 356 357 358 359 371 372 373 380 381 385 386 387 389 420 421 852 886 966 971 972 977 994 995';

const others = CALLING_CODES.split(' ').filter((code) => code !== '1');
const plain = new RegExp(`^[+](?:(1)[2-9]|(${others.join('|')})[1-9])[0-9]{2,13}$`);
const international = /^\+[0-9 ()./-]+$/;
const grouping = /[ ()./-]+/g;

/**
 * Reads numbers such as `+49 30 1234567` without the phone number library, which takes many times as long: where nothing
 * but grouping has to go, only the length decides, and `isPossible` is asked once per calling code and length. What is
 * not possible stays as it is. Undefined: not so plain, the library must read it.
 */
export function plainInternationalReader(
  isPossible: (number: string) => boolean,
): (value: string) => string | undefined {
  const possible = new Map<string, boolean>();
  return (value) => {
    if (!international.test(value)) return undefined;
    const number = value.replace(grouping, '');
    const match = plain.exec(number);
    if (match === null) return undefined;
    const shape = `${match[1] ?? match[2]} ${number.length}`;
    const known = possible.get(shape) ?? isPossible(number);
    possible.set(shape, known);
    return known ? number : value;
  };
}
