import { AppError } from '../../core/app-error.ts';
import { unstorableBecause } from '../../core/outside-text.ts';

const LONGEST_SEARCH = 200;
/** As long as a stored address may be. */
const LONGEST_EMAIL = 1000;
/** Each of them is looked for by itself. */
const MOST_WORDS = 16;

/**
 * What somebody looks for, null when it is left out or blank. AppError BAD_USER_INPUT when it is too long, has too many
 * words (`wordsOf`: as this list takes them), or no stored text can hold it.
 */
export function searchArgument(
  value: string | null | undefined,
  wordsOf: (text: string) => readonly unknown[] = spaced,
): string | null {
  const text = bounded('search', value, LONGEST_SEARCH, wordsOf);
  return text === null || text.trim() === '' ? null : text;
}

/** An address to look for, null when it is left out. It is looked up among the words of contacts, too. */
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
  // Counted as people count: a letter beyond the basic plane is one.
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

/** A text to look for, null when it is left out. AppError BAD_USER_INPUT for one that no stored text can hold. */
export function textArgument(name: string, value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const because = unstorableBecause(value);
  if (because !== null) throw new AppError('BAD_USER_INPUT', `\`${name}\` ${because}, which no stored text does.`);
  return value;
}
