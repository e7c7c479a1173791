import { isUtf8 } from 'node:buffer';
import { saidText } from '../../../core/said-text.ts';
import { isStorable, storableText } from '../../../core/storable-text.ts';

/**
 * Here the bytes of a server become text; nowhere else, so that no text comes in which the database would refuse. Null:
 * the bytes are no UTF-8, or hold U+0000.
 */
export function readText(bytes: Buffer, start: number, end: number): string | null {
  const text = bytes.toString('utf8', start, end);
  // Invalid bytes become U+FFFD, which may also have been sent as such.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) return null;
  return isStorable(text) ? text : null;
}

/** The bytes as text in any case, with U+FFFD in place of what is none. */
export const cleanText = (bytes: Buffer, start = 0, end = bytes.length): string =>
  storableText(bytes.toString('utf8', start, end));

/** What a server says to people, as `saidText` makes it: it sees the bytes as sent, such as the U+0000 at their end. */
export const wordsOf = (bytes: Buffer): string => saidText(bytes.toString('utf8'));
