import { escapeUnprintable } from './said-text.ts';

const LONGEST_QUOTE = 80;

/** A value as a log line may show it: in quotes, at most 80 characters, nothing in it that could forge a line. */
export function quoteValue(value: string): string {
  const shown = value.length <= LONGEST_QUOTE ? value : `${value.slice(0, LONGEST_QUOTE)}…`;
  return `"${escapeUnprintable(shown)}"`;
}
