/** Spreadsheets treat a cell that begins like this as a formula, and would execute it. */
const formula = /^[=+\-@\t\r\n|%]/;
const special = /[",\r\n]/;

type Cell = string | boolean | null | undefined;

/** A line of a CSV file in the form of RFC 4180. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** A cell that looks like a formula gets an apostrophe in front, which spreadsheets show as text. */
function cell(value: Cell): string {
  const text = value === null || value === undefined ? '' : String(value);
  const harmless = formula.test(text.trimStart()) || formula.test(text) ? `'${text}` : text;
  return special.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
