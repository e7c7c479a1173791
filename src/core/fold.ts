/** Accents and vowel points of scripts that can be read without them. The marks of other scripts are treated as letters. */
const MARKS =
  '\\u0300-\\u036f\\u0483-\\u0489\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7\\u0610-\\u061a\\u064b-\\u065f' +
  '\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7\\u06e8\\u06ea-\\u06ed\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f';
const APOSTROPHES =
  "'`\\u00b4\\u2018\\u2019\\u201a\\u201b\\u02b9\\u02bb-\\u02bd\\u02ca\\u02cb\\u2032\\u2035\\u055a\\uff07";
/** Soft hyphen, tatweel, zero-width and direction marks. People don't see them, so they don't type them. */
const INVISIBLE = '\\u00ad\\u0640\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff';

/** Letters that Unicode does not decompose, and what people type who don't have them on their keyboard. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ı: 'i',
  ĸ: 'k',
  ƒ: 'f',
  ς: 'σ',
};

const ascii = /^[\0-\x7f]*$/;
const plainWords = /^[a-z0-9]+(?: [a-z0-9]+)*$/;
const asciiApostrophes = /['`]/g;
const asciiGaps = /[^a-z0-9]+/g;
const unseen = new RegExp(`[${APOSTROPHES}${INVISIBLE}]`, 'g');
const marks = new RegExp(`[${MARKS}${APOSTROPHES}${INVISIBLE}]`, 'g');
const special = new RegExp(`[${Object.keys(letters).join('')}]`, 'g');
const gaps = /[^\p{L}\p{N}\p{M}]+/gu;

/** Beyond ASCII, up to the last accented Latin letter of the common languages. */
const latin = /^[\0-\u024f]*$/;
const beyondAscii = /[^\0-\x7f]/g;

function foldAnyLetters(text: string): string {
  return text
    .replace(unseen, '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(marks, '')
    .replace(special, (letter) => letters[letter] ?? letter);
}

/** What each Latin letter folds to, so that most names need no decomposition. */
const latinLetters: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 0x250 - 0x80 }, (_, i) => String.fromCharCode(0x80 + i)).map((letter) => [
    letter,
    foldAnyLetters(letter),
  ]),
);

/** Lower case without accents, apostrophes and invisible characters; punctuation and spaces stay. */
export function foldLetters(text: string): string {
  if (ascii.test(text))
    return text.includes("'") || text.includes('`')
      ? text.toLowerCase().replace(asciiApostrophes, '')
      : text.toLowerCase();
  if (!latin.test(text)) return foldAnyLetters(text);
  return text
    .toLowerCase()
    .replace(asciiApostrophes, '')
    .replace(beyondAscii, (letter) => latinLetters.get(letter) ?? foldAnyLetters(letter));
}

/**
 * Folds a text so that Ångström sorts beside Angstrom and is found as angstrom: lower case, accents removed, letters such as ø and
 * ß spelled out, apostrophes removed, other punctuation a single space, trimmed. Letters of all scripts stay. Empty when the text
 * has neither letter nor digit. Folding twice changes nothing.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (plainWords.test(lower)) return lower;
  const folded = foldLetters(text);
  if (plainWords.test(folded)) return folded;
  return folded.replace(ascii.test(folded) ? asciiGaps : gaps, ' ').trim();
}

const umlauts = /[äöüøÄÖÜØ]|[aouAOU]\u0308/;
const eachUmlaut = /[äöüøÄÖÜØ]/g;
const spellings: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe' };

/** The name with umlauts spelled out: Müller becomes Mueller, Søren becomes Soeren. Null: there is nothing to spell out. */
export function spelledOut(text: string): string | null {
  return umlauts.test(text)
    ? text.normalize('NFC').replace(eachUmlaut, (umlaut) => spellings[umlaut.toLowerCase()] ?? umlaut)
    : null;
}

/** Characters (UTF-16 units) of a sort key, so that an index row stays small. */
const SORT_KEY_LENGTH = 200;

/** Cuts without leaving half of a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** The key by which lists are sorted, bytewise (collation "C"): the folded text, at most 200 characters. */
export function sortKey(text: string): string {
  return cut(fold(text), SORT_KEY_LENGTH);
}
