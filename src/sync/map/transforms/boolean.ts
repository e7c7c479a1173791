const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', 't', '1', 'on', 'enabled', 'active'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', 'f', '0', 'off', 'disabled', 'inactive'].map((word) => [word, false] as const),
]);

/** Yes, no, or neither: how directories and people write booleans (RFC 4517, 3.3.3: TRUE, FALSE), without case. */
export const parseBoolean = (value: string): boolean | undefined => words.get(value) ?? words.get(value.toLowerCase());

/** BOOLEAN: `true` or `false`; what is neither stays as it is. */
export function boolean(value: string): string {
  const parsed = parseBoolean(value);
  return parsed === undefined ? value : String(parsed);
}
