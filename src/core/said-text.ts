/** Characters of what others say that a message or a line shows: enough to act on, too little to fill a log. */
export const longestSaid = 500;
/** Names that a message lists one by one. */
const longestList = 20;

/** Control, format and line-separating characters, and halves of surrogate pairs. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

const escapeCharacter = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** The text with escapes in place of what would end a line, turn it around, or can't be seen. */
export const escapeUnprintable = (text: string): string => text.replace(unprintable, escapeCharacter);

/**
 * What a server or another stranger says, fit for a message: nothing around it (Active Directory ends its messages with
 * U+0000), control characters escaped, at most 500 characters.
 */
export function saidText(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\0' || text[end - 1]?.trim() === '')) end--;
  const said = text.slice(0, end).trimStart();
  const escaped = said.length <= longestSaid ? escapeUnprintable(said) : null;
  return escaped !== null && escaped.length <= longestSaid ? escaped : cut(said);
}

/** Character by character, so that no escape and no surrogate pair is cut in two. */
function cut(text: string): string {
  let shown = '';
  for (const character of text) {
    const next = escapeUnprintable(character);
    if (shown.length + next.length >= longestSaid) break;
    shown += next;
  }
  return `${shown}…`;
}

/** Names in quotes, the first 20 of them, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, longestList).map((name) => `"${saidText(name)}"`);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
