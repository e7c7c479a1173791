import type { ContactValues } from './contact.ts';
import { cut, fold, foldLetters, isAscii } from './fold.ts';

/** Characters (UTF-16 units) of a word or term; longer ones are cut on both sides alike. */
const LONGEST_WORD = 100;
/** A number's tail is worth a word of its own while it has this many digits. */
const SHORTEST_TAIL = 4;
/** Leading digits dropped one by one, so that a national number finds an international one (+1 415 … has four). */
const LONGEST_PREFIX = 4;

const digit = /[0-9]/;
const letter = /\p{L}/u;
/** The signs that numbers are written with. */
const numberSigns = /^[0-9+\-()/.\u2010-\u2015\u2212\s]*$/;
const otherThanDigits = /[^0-9]/;
const notDigits = /[^0-9]+/g;
const leadingZeros = /^0+(?=.)/;
const trunkZero = /^(\s*(?:\+|00)[\s\d]{1,5})\(0\)/;

/**
 * The distinct words under which a contact is found, each folded and at most 100 characters: those of its names and
 * company, each email whole and in parts, each phone's digits whole and without their first one to four.
 * A contact matches a query when each of `searchTerms(query)` is the beginning of one of these.
 */
export function searchWords(values: ContactValues): string[] {
  const words = new Set<string>();
  addText(words, values.DISPLAY_NAME);
  addText(words, values.GIVEN_NAME);
  addText(words, values.FAMILY_NAME);
  addText(words, values.COMPANY);
  if (values.PRIMARY_EMAIL !== undefined) addEmail(words, values.PRIMARY_EMAIL);
  if (values.EMAIL !== undefined) for (const email of values.EMAIL) addEmail(words, email.value);
  if (values.PHONE !== undefined) for (const phone of values.PHONE) addPhone(words, phone.value);
  return [...words];
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
    addTerm(terms, numberTerm(number));
    number = '';
    if (token.includes('@')) addTerm(terms, emailTerm(token));
    else for (const word of fold(token).split(' ')) addTerm(terms, word);
  }
  addTerm(terms, numberTerm(number));
  return [...terms];
}

const addTerm = (terms: Set<string>, term: string): void => {
  if (term !== '') terms.add(cut(term, LONGEST_WORD));
};

/** 0, 00 and + before a number say the same to a search: nothing. */
const numberTerm = (text: string): string => text.replace(trunkZero, '$1').replace(notDigits, '').replace(/^0+/, '');

/** As pasted from a mail program, too: `<anna@example.com>,`. `@example.com` looks for the domain. */
const emailTerm = (token: string): string => foldEmail(token.replace(/^[<("[,;:]+|[>)"\],;:]+$/g, '').replace(/^@+/, ''));

/** Punctuation stays, but apostrophes go as they do in names. */
const foldEmail = (email: string): string =>
  isAscii(email) ? email.toLowerCase().replace(/['`]/g, '') : foldLetters(email);

const addWord = (words: Set<string>, word: string): void => {
  words.add(word.length <= LONGEST_WORD ? word : cut(word, LONGEST_WORD));
};

function addText(words: Set<string>, text: string | undefined): void {
  if (text === undefined) return;
  addFolded(words, fold(text));
  if (!text.includes('@')) return;
  for (const token of text.split(/\s+/)) if (token.includes('@')) addTerm(words, emailTerm(token));
}

function addFolded(words: Set<string>, folded: string): void {
  if (folded === '') return;
  let start = 0;
  for (let end = folded.indexOf(' '); end !== -1; end = folded.indexOf(' ', start)) {
    addWord(words, folded.slice(start, end));
    start = end + 1;
  }
  addWord(words, start === 0 ? folded : folded.slice(start));
  if (digit.test(folded)) addNumbers(words, folded);
}

/**
 * Digits in a name are typed like a phone number: without leading zeros, and those of several words ("Studio 54 2000")
 * as one term.
 */
function addNumbers(words: Set<string>, folded: string): void {
  const parts = folded.split(' ');
  for (let first = 0; first < parts.length; first++) {
    let joined = '';
    for (let next = first; next < parts.length; next++) {
      const part = parts[next] ?? '';
      if (!digit.test(part.charAt(0))) break;
      joined += part;
      if (next > first || part.startsWith('0')) addWord(words, joined.replace(leadingZeros, ''));
      if (otherThanDigits.test(part) || joined.length > LONGEST_WORD) break;
    }
  }
}

function addEmail(words: Set<string>, email: string): void {
  const whole = foldEmail(email);
  addWord(words, whole);
  const at = whole.lastIndexOf('@');
  if (at === -1) return addFolded(words, fold(whole));
  const domain = whole.slice(at + 1);
  if (domain !== '') addWord(words, domain);
  addFolded(words, fold(whole.slice(0, at)));
  addFolded(words, fold(domain));
}

function addPhone(words: Set<string>, phone: string): void {
  const afterDigits = phone.search(letter);
  const number = afterDigits === -1 ? phone : phone.slice(0, afterDigits);
  addDigits(words, number.replace(notDigits, ''));
  if (number.includes('(0)')) addDigits(words, number.replace(trunkZero, '$1').replace(notDigits, ''));
  if (!numberSigns.test(phone)) addText(words, phone);
}

function addDigits(words: Set<string>, digits: string): void {
  if (digits === '') return;
  const national = digits.startsWith('0') && !digits.startsWith('00');
  const whole = digits.replace(leadingZeros, '');
  addWord(words, whole);
  if (national) return;
  for (let dropped = 1; dropped <= LONGEST_PREFIX && whole.length - dropped >= SHORTEST_TAIL; dropped++) {
    addWord(words, whole.slice(dropped).replace(leadingZeros, ''));
  }
}
