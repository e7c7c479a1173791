const escaped = /\\(24|5c)/gi;

/**
 * POSTAL_ADDRESS: the lines of a postal address (RFC 4517, 3.3.28), which are sent joined by `$`, with `\24` for a
 * dollar sign and `\5C` for a backslash. Lines are trimmed, empty ones left out.
 */
export function postalAddress(value: string): string {
  if (!value.includes('$') && !value.includes('\\')) return value;
  const lines: string[] = [];
  for (const raw of value.split('$')) {
    const line = raw.replace(escaped, (_, code: string) => (code === '24' ? '$' : '\\')).trim();
    if (line !== '') lines.push(line);
  }
  return lines.join('\n');
}
