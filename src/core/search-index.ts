import { createHash } from 'node:crypto';
import type { ContactValues } from './contact.ts';
import { cut, sortKey } from './fold.ts';
import { remember } from './remember.ts';
import { listWords, withoutCountry } from './search-words.ts';

/** Columns in which a contact is found and ordered, derived from its values. */
export type IndexedText = {
  /** The primary address as it is compared. */
  emailKey: string | null;
  nameKey: string;
  /** Empty where there is no company. */
  companyKey: string;
  /** All words the contact is found under. */
  words: readonly string[];
  /** The distinct keys that the index holds of them. */
  search: readonly string[];
};

/** Letters of a word that the index holds: few enough that it stays small, enough that little is left to be looked at. */
const WORD_LETTERS = 4;
/** Numbers share their first digits (country, area). */
const NUMBER_LETTERS = 6;
const MARK_LETTERS = 4;

/**
 * A firm's numbers and account names begin alike, and whoever types so much of one wants that one: these many characters
 * have a key of their own, if there is a digit among them.
 */
const LONG_LETTERS = 9;
/** Such keys told apart: many enough to find one, few enough that the index does not grow by an entry for each. */
const LONG_KEYS = 1024;

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

/** The distinct index keys of these words. */
export function searchKeys(words: readonly string[], mark: string, without?: ReadonlySet<string>): string[] {
  // A contact has few words: looking through a short list costs less than a set.
  const keys: string[] = [];
  for (const word of words) {
    if (without?.has(word)) continue;
    const key = mark + keyOf(word);
    if (!keys.includes(key)) keys.push(key);
    const long = longKey(word);
    if (long !== null && !keys.includes(mark + long)) keys.push(mark + long);
  }
  return keys;
}

/** Such keys as the text of a tsvector. */
export const keysText = (keys: readonly string[]): string => keys.map(quoted).join(' ');

/** Words as the column of a contact holds them: each with a blank before it, so that its beginning can be looked for. */
export const wordsText = (words: readonly string[]): string => words.map((word) => ` ${word}`).join('');

/**
 * The condition of the index for these terms, as the text of a tsquery: each is the beginning of some word. It lets through
 * words that only begin alike, so the words themselves are to be looked at, too. Digits may have been typed with the
 * country's code, which the index leaves out, or without. Null: the index can't tell.
 */
export function searchQuery(terms: readonly string[], mark: string): string | null {
  const conditions = terms.map((term) => condition(term, mark)).filter((one) => one !== '');
  return conditions.length === 0 ? null : conditions.join(' & ');
}

const onlyDigits = /^[0-9]+$/;

function condition(term: string, mark: string): string {
  const asTyped = beginning(term, mark);
  if (!onlyDigits.test(term)) return asTyped;
  const national = withoutCountry(term);
  return national === '' ? '' : `(${asTyped} | ${beginning(national, mark)})`;
}

/** What every word that begins so has in the index. */
function beginning(term: string, mark: string): string {
  const first = `${quoted(mark + keyOf(term))}${term.length < keyLength(term) ? ':*' : ''}`;
  const long = longKey(term);
  return long === null ? first : `${first} & ${quoted(mark + long)}`;
}

/** A contact's derived columns. */
export function indexed(values: ContactValues, workspaceId: string): IndexedText {
  const { words, alsoKnownAs } = listWords(values);
  return {
    emailKey: emailKey(values.PRIMARY_EMAIL),
    nameKey: nameKey(values),
    companyKey: companyKey(values.COMPANY ?? ''),
    words,
    search: searchKeys(words, searchMark(workspaceId), alsoKnownAs),
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
export const emailKey = (email: string | undefined): string | null => email?.toLowerCase() ?? null;

const keyOf = (word: string): string => cut(word, keyLength(word));

/** Told by the first letters alone, so that a word and whatever has been typed of it agree. */
function keyLength(word: string): number {
  const end = Math.min(WORD_LETTERS, word.length);
  for (let i = 0; i < end; i++) if (!isDigit(word.charCodeAt(i))) return WORD_LETTERS;
  return NUMBER_LETTERS;
}

/** Told by the first characters alone, too. The capital keeps it apart from words. */
function longKey(word: string): string | null {
  if (word.length < LONG_LETTERS) return null;
  let digits = false;
  let hash = 0x811c9dc5;
  for (let i = 0; i < LONG_LETTERS; i++) {
    const code = word.charCodeAt(i);
    digits ||= isDigit(code);
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return digits ? `L${((hash >>> 0) % LONG_KEYS).toString(36)}` : null;
}

/** The capital that begins the key of a long word. */
const LONG_MARK = 0x4c;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLowerCase = (code: number): boolean => code >= 97 && code <= 122;

/** Quoted where it holds anything that could mean something to Postgres. */
function quoted(key: string): string {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (!isLowerCase(code) && !isDigit(code) && code !== LONG_MARK) return `'${key.replace(special, '$&$&')}'`;
  }
  return key;
}
