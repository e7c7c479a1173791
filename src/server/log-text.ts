import type { LogLine } from '../core/run.ts';

/** What would end a line, move the cursor or turn the text around: C0, C1, line and paragraph separators, bidi signs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (text: string): string =>
  text.replace(control, (sign) => named[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A line of a run's log as plain text, ending in a line feed: number, time, level, code, message, person. */
export function logText({ seq, at, level, code, message, person }: LogLine): string {
  const about = person === null ? '' : ` [${escaped(person)}]`;
  return `${seq} ${at.toISOString()} ${level.padEnd(5)} ${code} ${escaped(message)}${about}\n`;
}
