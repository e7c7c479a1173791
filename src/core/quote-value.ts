const LONGEST_QUOTE = 80;

/** Control, format and line-separating characters, and halves of surrogate pairs. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

const escapeCharacter = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** A value as a log line may show it: in quotes, at most 80 characters, nothing in it that could forge a line. */
export function quoteValue(value: string): string {
  const shown = value.length <= LONGEST_QUOTE ? value : `${value.slice(0, LONGEST_QUOTE)}…`;
  return `"${shown.replace(unprintable, escapeCharacter)}"`;
}
