/**
 * How many characters of a text from outside a message or line shows: enough to understand it, too few to fill a log.
 */
export const longestSaid = 500;
/** How many names a message lists. */
const longestList = 20;

/** Control, format and line-separating characters, and halves of surrogate pairs. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The text with escapes for characters that end a line, change its direction, or are invisible. */
export function escapeUnprintable(text: string): string {
  return text.replace(unprintable, escapeCharacter);
}

/**
 * A text from a server or another outside party, made safe for a message: trimmed (Active Directory ends its messages
 * with U+0000), with control characters escaped, at most 500 characters.
 */
export function saidText(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\0' || text[end - 1]?.trim() === '')) end--;
  const said = text.slice(0, end).trimStart();
  const escaped = said.length <= longestSaid ? escapeUnprintable(said) : null;
  return escaped !== null && escaped.length <= longestSaid ? escaped : cut(said);
}

/** Cuts between characters, so that no escape and no surrogate pair is cut in two. */
function cut(text: string): string {
  let shown = '';
  for (const character of text) {
    const next = escapeUnprintable(character);
    if (shown.length + next.length >= longestSaid) break;
    shown += next;
  }
  return `${shown}…`;
}

/** The first 20 names in quotes, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, longestList).map((name) => `"${saidText(name)}"`);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const LONGEST_QUOTE = 80;

/** A value as a list of examples may show it: at most 80 characters, on one line. */
export function shortText(value: string): string {
  return escapeUnprintable(value.length <= LONGEST_QUOTE ? value : `${value.slice(0, LONGEST_QUOTE)}…`);
}

/** A value as a log line may show it: in quotes, at most 80 characters, with nothing that could forge a line. */
export function quoteValue(value: string): string {
  return `"${shortText(value)}"`;
}

/**
 * Control characters (also tabs and line breaks), line and paragraph separators, and marks that change the direction of
 * text. Direction marks can make one name look like another.
 */
const controls = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;
const invisible = /^[\p{C}\p{Z}]*$/u;
const allControls = new RegExp(`${controls.source}+`, 'gu');
const controlsBesideLines = /(?![\n\r\t])\p{Cc}/u;

/** Whether a name can be shown on one line as it is. */
export function isOneLine(text: string): boolean {
  return !controls.test(text);
}

/** A name from outside, made fit for one line. */
export function oneLine(text: string): string {
  return text.replace(allControls, ' ').trim();
}

/** Whether a text has no control characters except line breaks and tabs. */
export function isPlainText(text: string): boolean {
  return !controlsBesideLines.test(text);
}

/** Whether a text has no visible character. */
export function isInvisible(text: string): boolean {
  return invisible.test(text);
}

/** Why the database can't store a text: it accepts neither U+0000 nor half of a surrogate pair. Null: it can. */
export function unstorableBecause(text: string): string | null {
  if (text.includes('\0')) return 'contains a NUL character';
  return text.isWellFormed() ? null : 'contains half of a surrogate pair';
}

/** Whether the database can store a text. */
export function isStorable(text: string): boolean {
  return unstorableBecause(text) === null;
}

/** The text with U+FFFD in place of each character that the database would refuse. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** Characters of a log line: enough to act on, too little to fill the log. */
const longestLine = 5000;

/** The same for a text of any length. A text that is longer than a log line is cut, and a mark shows that. */
export function storableLine(text: string): string {
  return storableText(text.length > longestLine ? `${text.slice(0, longestLine)} […]` : text);
}
