const lineEnd = /[\r\n\u0085\u2028\u2029]/;

/** FIRST_LINE: the first line that has anything on it. */
export function firstLine(value: string): string {
  const end = value.search(lineEnd);
  return end === -1 ? value : value.slice(0, end).trimEnd();
}
