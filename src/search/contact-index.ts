import { createHash } from 'node:crypto';
import type { ContactValues, IndexedText } from '../core/contact.ts';
import { cut, fold, sortKey } from '../core/fold.ts';
import { remember } from '../core/remember.ts';
import { listWords } from './contact-words.ts';
import { SHORTEST_NUMBER, withoutCountry } from './phone-digits.ts';
import type { NumberTerm, SearchTerm } from './terms.ts';

/** Letters of a word that the index holds: few enough that it stays small, enough that little is left to be looked at. */
const WORD_LETTERS = 4;
/** What has a digit among so many characters is held up to there: a firm's numbers and account names begin alike. */
const NUMBER_LETTERS = 8;
const MARK_LETTERS = 4;

const special = /['\\]/g;

let lastWorkspace = '';
let lastMark = '';

/**
 * What stands before each key of a workspace's contacts, as all workspaces share one index: four letters or digits. Two
 * workspaces may have the same; the workspace is part of every condition anyway.
 */
export function searchMark(workspaceId: string): string {
  if (workspaceId !== lastWorkspace) {
    const digest = createHash('sha256').update(workspaceId.toLowerCase()).digest();
    lastMark = digest.readUInt32BE(0).toString(36).padStart(7, '0').slice(-MARK_LETTERS);
    lastWorkspace = workspaceId;
  }
  return lastMark;
}

/** What stands before the last digits of a phone number: no word begins so. */
const ENDING = '~';

/** The distinct index keys of these words, and of the last digits of phone numbers. */
export function searchKeys(words: readonly string[], mark: string, endings: readonly string[] = []): string[] {
  // A contact has few words: looking through a short list costs less than a set.
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

/** Words as the column of a contact holds them: each with a blank before it, so that its beginning can be looked for. */
export function wordsText(words: readonly string[]): string {
  return words.length === 0 ? '' : ` ${words.join(' ')}`;
}

/**
 * The condition of the index for these terms, as the text of a tsquery. It lets through words that only begin alike, so the
 * words themselves are to be looked at, too. Null: the index can't tell.
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

/** Parts of an address that the index is asked for: the longest tell most, and each costs a look-up. */
const MOST_PARTS = 4;

function longestParts(address: string): string[] {
  return [...new Set(fold(address).split(' '))]
    .filter((part) => part !== '')
    .sort((one, other) => other.length - one.length)
    .slice(0, MOST_PARTS);
}

/** Digits may have been typed with the country's code, which the index leaves out, or without, or be the end of a number. */
function numberCondition({ digits, ending, isInternational }: NumberTerm, mark: string): string {
  const national = withoutCountry(digits);
  if (national === '') return '';
  const ways = [beginning(digits, mark), beginning(national, mark)];
  // Without a sign of what it is, a number is stored as if it began with a country's code.
  const unmarked = isInternational && national.length >= SHORTEST_NUMBER ? withoutCountry(national) : '';
  if (unmarked !== '') ways.push(beginning(unmarked, mark));
  if (ending !== null) ways.push(quoted(mark + ENDING + ending.slice(-SHORTEST_NUMBER)));
  return `(${ways.join(' | ')})`;
}

/** What every word that begins so has in the index. */
function beginning(term: string, mark: string): string {
  const key = quoted(mark + keyOf(term));
  if (term.length >= NUMBER_LETTERS) return key;
  const soFar = `${quoted(mark + term)}:*`;
  // A word goes on with letters, or has a digit further on.
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

/** Names are put together of parts that come again and again. */
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

/** Among the first characters. */
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

/** Quoted where it holds anything that could mean something to Postgres. */
function quoted(key: string): string {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (!isLowerCase(code) && !isDigit(code)) return `'${key.replace(special, '$&$&')}'`;
  }
  return key;
}
