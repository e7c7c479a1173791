import { parse } from 'csv-parse/sync';

/** In the order in which they are preferred where several would do. */
export const separators = [',', ';', '\t', '|'] as const;

/** Rows that are looked at. */
const sampleRows = 50;

/**
 * The separator that takes the first rows apart most evenly, into as many columns as it can; a comma where none takes anything
 * apart. `sample` is text from the beginning of the file; its last row may be cut off.
 */
export function findSeparator(sample: string): string {
  let best = { separator: separators[0] as string, even: 0, columns: 1 };
  for (const separator of separators) {
    const { even, columns } = evennessOf(sample, separator);
    if (columns > 1 && (even > best.even || (even === best.even && columns > best.columns)))
      best = { separator, even, columns };
  }
  return best.separator;
}

/** The share of the rows that have as many columns as the first, and how many that are. */
function evennessOf(sample: string, separator: string): { even: number; columns: number } {
  const rows: string[][] = parse(sample, {
    delimiter: separator,
    record_delimiter: '\n',
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    to: sampleRows,
  });
  const columns = rows[0]?.length ?? 0;
  const looked = rows.slice(1, Math.max(2, rows.length - 1));
  const even = looked.filter((row) => row.length === columns).length;
  return { even: looked.length === 0 ? 1 : even / looked.length, columns };
}
