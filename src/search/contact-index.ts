import { createHash } from 'node:crypto';
import type { ContactValues, IndexedText } from '../core/contact.ts';
import { cut, fold, sortKey } from '../core/fold.ts';
import { remember } from '../core/remember.ts';
import { listWords } from './contact-words.ts';
import { SHORTEST_NUMBER, withoutCountry } from './phone-digits.ts';
import type { NumberTerm, SearchTerm } from './terms.ts';

/** How many letters of a word the index holds: few, so that it stays small, but enough to leave few contacts to compare. */
const WORD_LETTERS = 4;
/** How many characters it holds of a word with a digit among them, because a company's numbers and account names begin alike. */
const NUMBER_LETTERS = 8;
const MARK_LETTERS = 4;

const special = /['\\]/g;

let lastWorkspace = '';
let lastMark = '';

/**
 * The prefix of all keys of a workspace's contacts, four letters or digits. All workspaces share one index. Two workspaces may have
 * the same prefix, because every query also names the workspace.
 */
export function searchMark(workspaceId: string): string {
  if (workspaceId !== lastWorkspace) {
    const digest = createHash('sha256').update(workspaceId.toLowerCase()).digest();
    lastMark = digest.readUInt32BE(0).toString(36).padStart(7, '0').slice(-MARK_LETTERS);
    lastWorkspace = workspaceId;
  }
  return lastMark;
}

/** The prefix of the last digits of a phone number. No word begins with it. */
const ENDING = '~';

/** The distinct index keys of these words, and of the last digits of phone numbers. */
export function searchKeys(words: readonly string[], mark: string, endings: readonly string[] = []): string[] {
  // A contact has few words, and searching a short list costs less than a set.
  const keys: string[] = [];
  for (const word of words) {
    const key = mark + keyOf(word);
    if (!keys.includes(key)) keys.push(key);
  }
  for (const ending of endings) keys.push(mark + ENDING + ending);
  return keys;
}

/** Such keys as the text of a tsvector. */
export function keysText(keys: readonly string[]): string {
  return keys.map(quoted).join(' ');
}

/**
 * The text of a contact's column of words. A blank comes before each word, so that beginnings of words can be searched.
 */
export function wordsText(words: readonly string[]): string {
  return words.length === 0 ? '' : ` ${words.join(' ')}`;
}

/**
 * The index condition for these terms, as the text of a tsquery. It also finds words that only begin alike, so the words themselves
 * must be compared, too. Null: the index can't help.
 */
export function searchQuery(terms: readonly SearchTerm[], mark: string): string | null {
  const conditions = terms.map((term) => condition(term, mark)).filter((one) => one !== '');
  return conditions.length === 0 ? null : conditions.join(' & ');
}

function condition(term: SearchTerm, mark: string): string {
  if (term.kind === 'word') return beginning(term.text, mark);
  if (term.kind === 'number') return numberCondition(term, mark);
  return longestParts(term.text)
    .map((part) => beginning(part, mark))
    .join(' & ');
}

/** How many parts of an address are searched in the index. The longest exclude most contacts, and each costs a look-up. */
const MOST_PARTS = 4;

function longestParts(address: string): string[] {
  return [...new Set(fold(address).split(' '))]
    .filter((part) => part !== '')
    .sort((one, other) => other.length - one.length)
    .slice(0, MOST_PARTS);
}

/** The digits may begin with a country's code, which the index leaves out. They may also be the end of a number. */
function numberCondition({ digits, ending, isInternational }: NumberTerm, mark: string): string {
  const national = withoutCountry(digits);
  if (national === '') return '';
  const ways = [beginning(digits, mark), beginning(national, mark)];
  // A number without a + or 0 is stored as if it began with a country's code.
  const unmarked = isInternational && national.length >= SHORTEST_NUMBER ? withoutCountry(national) : '';
  if (unmarked !== '') ways.push(beginning(unmarked, mark));
  if (ending !== null) ways.push(quoted(mark + ENDING + ending.slice(-SHORTEST_NUMBER)));
  return `(${ways.join(' | ')})`;
}

/** The condition that is true in the index for all words with this beginning. */
function beginning(term: string, mark: string): string {
  const key = quoted(mark + keyOf(term));
  if (term.length >= NUMBER_LETTERS) return key;
  const soFar = `${quoted(mark + term)}:*`;
  // A word continues with letters, or has a digit further on.
  return hasDigit(term) || term.length <= WORD_LETTERS ? soFar : `(${key} | ${soFar})`;
}

/** A contact's derived columns. */
export function indexed(values: ContactValues, workspaceId: string): IndexedText {
  const { words, indexed: ofIndex, endings } = listWords(values);
  return {
    emailKey: emailKey(values.PRIMARY_EMAIL),
    nameKey: nameKey(values),
    companyKey: companyKey(values.COMPANY ?? ''),
    words,
    search: searchKeys(ofIndex, searchMark(workspaceId), endings),
  };
}

const companyKey = remember(sortKey);
const partKey = remember(sortKey);

/** The parts of names repeat, so their keys are remembered. */
function nameKey({ DISPLAY_NAME: name = '', GIVEN_NAME: given = '', FAMILY_NAME: family = '' }: ContactValues): string {
  const [first, last] = [partKey(given), partKey(family)];
  return first !== '' && last !== '' && name === `${given} ${family}` ? sortKey(`${first} ${last}`) : sortKey(name);
}

/** An address as it is compared; null when there is none. */
export function emailKey(email: string | undefined): string | null {
  return email?.toLowerCase() ?? null;
}

function keyOf(word: string): string {
  return cut(word, hasDigit(word) ? NUMBER_LETTERS : WORD_LETTERS);
}

/** Whether one of the first characters is a digit. */
function hasDigit(word: string): boolean {
  const end = Math.min(NUMBER_LETTERS, word.length);
  for (let i = 0; i < end; i++) if (isDigit(word.charCodeAt(i))) return true;
  return false;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLowerCase(code: number): boolean {
  return code >= 97 && code <= 122;
}

/** The key, in quotes if it holds a character that Postgres may interpret. */
function quoted(key: string): string {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (!isLowerCase(code) && !isDigit(code)) return `'${key.replace(special, '$&$&')}'`;
  }
  return key;
}
