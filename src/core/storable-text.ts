/** Why the database can't hold a text: it takes neither U+0000 nor half of a surrogate pair. Null: it can. */
export function unstorableBecause(text: string): string | null {
  if (text.includes('\0')) return 'contains a NUL character';
  return text.isWellFormed() ? null : 'contains half of a surrogate pair';
}

/** Whether the database can hold a text. */
export const isStorable = (text: string): boolean => unstorableBecause(text) === null;

/** The text as the database can hold it, whatever it holds: U+FFFD stands for each character that it would refuse. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

/** Characters of a line of a log: enough to act on, too little to fill it. */
const longestLine = 5000;

/** The same of a text that may be of any length: what is longer than a line of a log is cut, with a mark that says so. */
export const storableLine = (text: string): string =>
  storableText(text.length > longestLine ? `${text.slice(0, longestLine)} […]` : text);
