import type { ContactValues } from '../core/contact.ts';
import { foldLetters, spelledOut } from '../core/fold.ts';
import { remember } from '../core/remember.ts';
import {
  digitsOf,
  numberSigns,
  SHORTEST_NUMBER,
  withoutCountry,
  withoutLeadingZeros,
  withoutTrunkZero,
} from './phone-digits.ts';
import { addressTyped } from './terms.ts';
import { WordList } from './word-list.ts';

const letter = /\p{L}/u;

/**
 * The distinct words by which a contact is found, each folded and at most 100 characters: the words of its names and company, each
 * email whole and in parts, the digits of each phone number whole, without the country's code and without the first four.
 */
export function listWords(values: ContactValues): WordList {
  const { DISPLAY_NAME: name, GIVEN_NAME: given, FAMILY_NAME: family } = values;
  const list = new WordList();
  if (given !== undefined && family !== undefined && name === `${given} ${family}`) {
    list.addAll(nameWords(given));
    list.addAll(nameWords(family));
    if (someDigit.test(name)) addName(list, name);
  } else for (const text of [name, given, family]) addName(list, text);
  if (values.COMPANY !== undefined) list.addAll(nameWords(values.COMPANY));
  if (values.PRIMARY_EMAIL !== undefined) addEmail(list, values.PRIMARY_EMAIL);
  if (values.EMAIL !== undefined) for (const email of values.EMAIL) addEmail(list, email.value);
  if (values.PHONE !== undefined) for (const phone of values.PHONE) addPhone(list, phone.value);
  return list;
}

/** Adds a name. Also its parts with an @ as emails, and its umlauts as people spell them who don't have them on their keyboard. */
function addName(list: WordList, name: string | undefined): void {
  if (name === undefined) return;
  list.addText(name);
  const spelled = spelledOut(name);
  if (spelled !== null) list.addText(spelled);
  if (name.includes('@'))
    for (const token of name.split(/\s+/)) if (token.includes('@')) list.addAside(addressTyped(token));
}

/** People type the digits of several words as one number. */
const someDigit = /[0-9]/;

/** Many contacts share names, companies and mail domains, so their words are remembered. */
const nameWords = remember((name: string): WordList => {
  const list = new WordList();
  addName(list, name);
  return list;
});

const domainWords = remember((domain: string): WordList => {
  const list = new WordList();
  if (/[.-]/.test(domain)) list.addAside(domain);
  else list.add(domain);
  list.addText(domain);
  return list;
});

/** An email is searched by its parts, so the index does not need the whole. */
function addEmail(list: WordList, email: string): void {
  const whole = foldLetters(email);
  const at = whole.lastIndexOf('@');
  list.addAside(whole);
  list.addText(whole.slice(0, at));
  list.addAll(domainWords(whole.slice(at + 1)));
}

function addPhone(list: WordList, phone: string): void {
  const digits = plainDigits(phone);
  if (digits !== null) {
    addDigits(list, digits);
    return;
  }
  const firstLetter = phone.search(letter);
  const number = firstLetter === -1 ? phone : phone.slice(0, firstLetter);
  addDigits(list, digitsOf(number));
  if (number.includes('(0)')) addDigits(list, digitsOf(withoutTrunkZero(number)));
  if (!numberSigns.test(phone)) list.addText(phone);
}

/** The digits of a number in the most common spelling: plus, digits, blanks and hyphens. Null for other spellings. */
function plainDigits(phone: string): string | null {
  let digits = '';
  let start = -1;
  for (let i = 0; i < phone.length; i++) {
    const code = phone.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) {
      if (start === -1) start = i;
      continue;
    }
    if (code !== 0x20 && code !== 0x2d && code !== 0x2b) return null;
    if (start !== -1) digits += phone.slice(start, i);
    start = -1;
  }
  return start === -1 ? digits : digits + phone.slice(start);
}

/** How many digits country and area have together, when people leave both out, as in +1 415 and +49 30. */
const COUNTRY_AND_AREA = 4;
const AREA = 2;

/**
 * Adds the digits of a number. An international number is listed whole, too, but the index finds it by what people type within the
 * country. A national number is also listed with its zero, which tells it from an international one if the country is typed first.
 */
function addDigits(list: WordList, digits: string): void {
  const whole = withoutLeadingZeros(digits);
  const isNational = digits.startsWith('0') && !digits.startsWith('00');
  const national = isNational ? '' : withoutCountry(whole);
  if (national.length >= SHORTEST_NUMBER) {
    list.addAside(whole);
    list.add(national);
  } else list.add(whole);
  if (isNational) list.addAside(digits);
  const local = withoutLeadingZeros(whole.slice(isNational ? AREA : COUNTRY_AND_AREA));
  if (local.length >= SHORTEST_NUMBER) list.add(local);
  if (whole.length > SHORTEST_NUMBER) list.addEnding(whole.slice(-SHORTEST_NUMBER));
}
