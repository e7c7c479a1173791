import { parse } from 'csv-parse/sync';
import { AppError } from '../../../core/app-error.ts';
import { type Header, readHeader } from './header.ts';
import { parseRows, type Row, Unreadable } from './parse-rows.ts';
import { readText } from './text-lines.ts';

/** Bytes from the beginning of the file that are used to find the separator. */
const sampleBytes = 64 * 1024;

/** A file as a table: the header, and the rows below it. */
export type Table = {
  readonly encoding: string;
  separator: string;
  header: Header;
  headerLine: number;
  /** The rows after the header, in parts. Rows with only empty values are skipped. Throws what parseRows throws. */
  rows(): AsyncGenerator<readonly Row[]>;
};

/**
 * Reads a file to the end of its header. Throws AppError EMPTY_FILE, INVALID_HEADER, ENCODING_UNKNOWN, and what `bytes` throws.
 */
export async function readTable(
  bytes: AsyncIterable<Uint8Array>,
  given: { encoding: string | null; separator: string | null },
): Promise<Table> {
  const text = readText(bytes, given.encoding);
  const pieces = text.pieces();
  const { start, broken } = await startOf(pieces);
  const named = /^sep=(.)\n/.exec(start.toString('latin1', 0, 8))?.[1] ?? null;
  const sampled = named === null ? start : start.subarray(6);
  const separator = given.separator ?? named ?? findSeparator(sampled.toString('utf8'));
  const batches = parseRows(after(sampled, broken ?? pieces), separator, named === null ? 1 : 2);
  const { first, rest } = await headOf(batches);
  if (first.values === null) throw invalidRow(first.fault);
  const header = readHeader(first.values, first.line);
  return {
    get encoding() {
      return text.encoding;
    },
    separator,
    header,
    headerLine: first.line,
    rows: () => filled(rest, batches),
  };
}

/** Reads the start of the text. If the text breaks off here, the start is still used, and `broken` throws the error afterwards. */
async function startOf(
  pieces: AsyncGenerator<Buffer>,
): Promise<{ start: Buffer; broken: AsyncIterable<Buffer> | null }> {
  const parts: Buffer[] = [];
  let broken: AsyncIterable<Buffer> | null = null;
  try {
    for (let length = 0; length < sampleBytes; length += parts.at(-1)?.length ?? 0) {
      const { done, value } = await pieces.next();
      if (done) break;
      parts.push(value);
    }
  } catch (error) {
    if (parts.length === 0) throw error;
    broken = breakOff(error);
  }
  return { start: Buffer.concat(parts), broken };
}

// biome-ignore lint/correctness/useYield: there is nothing to give before it breaks off
async function* breakOff(error: unknown): AsyncGenerator<Buffer> {
  throw error;
}

async function* after(start: Buffer, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield start;
  yield* pieces;
}

async function headOf(batches: AsyncGenerator<readonly Row[]>): Promise<{ first: Row; rest: readonly Row[] }> {
  for (;;) {
    const { done, value } = await batches.next().catch(asHeaderFault);
    if (done) throw emptyFile();
    const at = value.findIndex(isFilled);
    const first = value[at];
    if (first !== undefined) return { first, rest: value.slice(at + 1) };
  }
}

function asHeaderFault(error: unknown): never {
  throw error instanceof Unreadable ? invalidRow(error.message) : error;
}

async function* filled(first: readonly Row[], batches: AsyncGenerator<readonly Row[]>): AsyncGenerator<readonly Row[]> {
  yield first.filter(isFilled);
  for await (const batch of batches) yield batch.filter(isFilled);
}

function isFilled({ values }: Row): boolean {
  return values === null || values.some((value) => value.trim() !== '');
}

function emptyFile(): AppError {
  return new AppError('EMPTY_FILE', 'The file is empty: it has no header row.', {
    hint: 'The first row of the file names its columns. Export the file again, and look whether it was written whole.',
  });
}

function invalidRow(message: string): AppError {
  return new AppError('INVALID_HEADER', `The header can't be read. ${message}`, {
    hint: 'The first row of the file names its columns. Check the file, and the settings encoding and separator.',
  });
}

/** If several of these separators fit, the first one is used. */
export const separators = [',', ';', '\t', '|'] as const;

/** Rows that are used to find the separator. */
const sampleRows = 50;

/**
 * Finds the separator that splits the first rows most evenly, and then into most columns; a comma if none splits them. `sample` is
 * text from the beginning of the file; its last row may be cut off.
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

/** The share of the rows that have as many columns as the first row, and this number of columns. */
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
