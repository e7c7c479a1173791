import type { ContactValues } from './contact.ts';
import { cut, fold, foldLetters } from './fold.ts';
import { remember } from './remember.ts';
import { LONGEST_WORD, WordList, withoutLeadingZeros } from './word-list.ts';

/** Digits that a number within a country has at least. */
const SHORTEST_NUMBER = 4;

const letter = /\p{L}/u;
/** The signs that numbers are written with. */
const numberSigns = /^[0-9+\-()/.\u2010-\u2015\u2212\s]*$/;
const notDigits = /[^0-9]+/g;
/** The 0 that people put into international numbers: `+49 (0)30`. */
const trunkZero = /^(\s*(?:\+|00)[\s\d]{1,5})\(0\)/;

/**
 * The distinct words under which a contact is found, each folded and at most 100 characters: those of its names and
 * company, each email whole and in parts, each phone's digits whole, without the country's and without the first four.
 * A contact matches a query when each of `searchTerms(query)` is the beginning of one of these.
 */
export const searchWords = (values: ContactValues): string[] => listWords(values).words;

/** The same, with which of them the others stand for in the index. */
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

/**
 * What a person types, as terms that must all be the beginning of some word of the contact, in any order. An email
 * (anything with an @) stays whole; digits with the signs that numbers are written with become one term. Whatever has
 * been typed of a name, email or number so far goes on matching. Empty: nothing to look for, everybody matches.
 */
export function searchTerms(query: string): string[] {
  const terms = new Set<string>();
  let number = '';
  for (const token of query.split(/\s+/)) {
    if (numberSigns.test(token)) {
      number += ` ${token}`;
      continue;
    }
    terms.add(numberTerm(number));
    number = '';
    if (token.includes('@')) terms.add(cut(emailTerm(token), LONGEST_WORD));
    else for (const word of fold(token).split(' ')) terms.add(cut(word, LONGEST_WORD));
  }
  terms.add(numberTerm(number));
  terms.delete('');
  return [...terms];
}

/** Whether something was typed that no contact can have: signs alone, other than those a number may begin with. */
export const isNothingSearchable = (query: string): boolean =>
  searchTerms(query).length === 0 && !numberSigns.test(query);

/** 0, 00 and + before a number say the same to a search: nothing. */
const numberTerm = (text: string): string =>
  cut(text.replace(trunkZero, '$1').replace(notDigits, '').replace(/^0+/, ''), LONGEST_WORD);

/** As pasted from a mail program, too: `<anna@example.com>,`. `@example.com` looks for the domain. */
const emailTerm = (token: string): string =>
  foldLetters(token.replace(/^[<("[,;:]+|[>)"\],;:]+$/g, '').replace(/^@+/, ''));

/** A name with an @ in it is typed like an email. */
function addName(list: WordList, name: string | undefined): void {
  if (name === undefined) return;
  list.addText(name);
  if (name.includes('@')) for (const token of name.split(/\s+/)) if (token.includes('@')) list.add(emailTerm(token));
}

/** Digits of several words are typed as one number. */
const someDigit = /[0-9]/;

/** Many contacts share names, companies and mail domains, so their words are remembered. */
const nameWords = remember((name: string): readonly string[] => {
  const list = new WordList();
  addName(list, name);
  return list.words;
});

const domainWords = remember((domain: string): readonly string[] => {
  const list = new WordList();
  list.add(domain);
  list.addText(domain);
  return list.words;
});

function addEmail(list: WordList, email: string): void {
  const whole = foldLetters(email);
  const at = whole.lastIndexOf('@');
  list.add(whole);
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
  addDigits(list, number.replace(notDigits, ''));
  if (number.includes('(0)')) addDigits(list, number.replace(trunkZero, '$1').replace(notDigits, ''));
  if (!numberSigns.test(phone)) list.addText(phone);
}

/** The digits of a number in the commonest spelling: a plus, digits, blanks and hyphens. Null for any other. */
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

/** Calling codes of one and of two digits (ITU-T E.164); all others have three. */
const callingCode = /^(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;
const otherCode = 3;
/** Digits of country and area together, where people leave both out: as in +1 415 and +49 30. */
const COUNTRY_AND_AREA = 4;
const AREA = 2;

/** An international number without the country's code; empty while no more than that has been typed. */
export const withoutCountry = (digits: string): string =>
  withoutLeadingZeros(digits.slice(callingCode.exec(digits)?.[0].length ?? otherCode));

/** An international number is listed whole, too, but found by what people type within the country. */
function addDigits(list: WordList, digits: string): void {
  const whole = withoutLeadingZeros(digits);
  const isNational = digits.startsWith('0') && !digits.startsWith('00');
  const national = isNational ? '' : withoutCountry(whole);
  list.add(whole);
  if (national.length >= SHORTEST_NUMBER) {
    list.add(national);
    list.alsoKnownAs.add(whole);
  }
  const local = withoutLeadingZeros(whole.slice(isNational ? AREA : COUNTRY_AND_AREA));
  if (local.length >= SHORTEST_NUMBER) list.add(local);
}
