/**
 * Control characters (tabs and line breaks too), the separators of lines and paragraphs, and the signs that turn the direction
 * of what comes after them, with which a name can look like another.
 */
const controls = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;
const invisible = /^[\p{C}\p{Z}]*$/u;
const allControls = new RegExp(`${controls.source}+`, 'gu');
const controlsBesideLines = /(?![\n\r\t])\p{Cc}/u;

/** Whether a name can be shown on one line as it is. */
export const isOneLine = (text: string): boolean => !controls.test(text);

/** A name from elsewhere, made fit for one line. */
export const oneLine = (text: string): string => text.replace(allControls, ' ').trim();

/** Whether a text of several lines has no other control characters. */
export const isPlainText = (text: string): boolean => !controlsBesideLines.test(text);

/** Whether nothing of a text would be seen. */
export const isInvisible = (text: string): boolean => invisible.test(text);
