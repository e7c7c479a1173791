/** LOWERCASE: by Unicode's rules, the same on every machine. */
export function lowercase(value: string): string {
  return value.toLowerCase();
}

/** UPPERCASE: by Unicode's rules, the same on every machine; ß becomes SS. */
export function uppercase(value: string): string {
  return value.toUpperCase();
}

const lineEnd = /[\r\n\u0085\u2028\u2029]/;

/** FIRST_LINE: the first line. Values are trimmed before, so it is not empty. */
export function firstLine(value: string): string {
  const end = value.search(lineEnd);
  return end === -1 ? value : value.slice(0, end).trimEnd();
}

const escaped = /\\(24|5c)/gi;

/**
 * POSTAL_ADDRESS: the lines of a postal address (RFC 4517, 3.3.28). They are sent joined by `$`, with `\24` for a dollar sign
 * and `\5C` for a backslash. Lines are trimmed, empty ones left out.
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

const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', 't', '1', 'on', 'enabled', 'active'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', 'f', '0', 'off', 'disabled', 'inactive'].map((word) => [word, false] as const),
]);

/** Reads a boolean as people and LDAP servers write it (RFC 4517, 3.3.3: TRUE, FALSE), in any case. Undefined: it is none. */
export function parseBoolean(value: string): boolean | undefined {
  return words.get(value) ?? words.get(value.toLowerCase());
}

/** BOOLEAN: `true` or `false`; any other value stays as it is. */
export function boolean(value: string): string {
  const parsed = parseBoolean(value);
  return parsed === undefined ? value : String(parsed);
}
