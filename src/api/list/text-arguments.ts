import { AppError } from '../../core/app-error.ts';
import { unstorableBecause } from '../../core/outside-text.ts';

const LONGEST_SEARCH = 200;
/** As long as a stored address may be. */
const LONGEST_EMAIL = 1000;
/** Each word is searched separately. */
const MOST_WORDS = 16;

/**
 * Reads a search; null when it is left out or blank. Throws AppError BAD_USER_INPUT when it is too long, has too many
 * words (`wordsOf` splits the text as this list's search does), or contains characters that can't be stored.
 */
export function searchArgument(
  value: string | null | undefined,
  wordsOf: (text: string) => readonly unknown[] = spaced,
): string | null {
  const text = bounded('search', value, LONGEST_SEARCH, wordsOf);
  return text === null || text.trim() === '' ? null : text;
}

/** Reads an email to find; null when it is left out. Its words are limited, too, because the search looks words up. */
export function emailArgument(
  value: string | null | undefined,
  wordsOf: (text: string) => readonly unknown[],
): string | null {
  return bounded('email', value, LONGEST_EMAIL, wordsOf);
}

function bounded(
  name: string,
  value: string | null | undefined,
  longest: number,
  wordsOf: (text: string) => readonly unknown[],
): string | null {
  const text = textArgument(name, value);
  if (text === null) return null;
  // A letter beyond the basic plane counts as one character, as people count it.
  if (text.length > 2 * longest || [...text].length > longest)
    throw new AppError('BAD_USER_INPUT', `\`${name}\` takes at most ${longest} characters.`);
  if (Math.max(distinct(spaced(text)), distinct(wordsOf(text))) > MOST_WORDS)
    throw new AppError('BAD_USER_INPUT', `\`${name}\` takes at most ${MOST_WORDS} different words.`);
  return text;
}

function spaced(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function distinct(words: readonly unknown[]): number {
  return new Set(words).size;
}

/**
 * Reads a text to find; null when it is left out. Throws AppError BAD_USER_INPUT when it contains what can't be stored.
 */
export function textArgument(name: string, value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const because = unstorableBecause(value);
  if (because !== null) throw new AppError('BAD_USER_INPUT', `\`${name}\` ${because}, which no stored text contains.`);
  return value;
}
