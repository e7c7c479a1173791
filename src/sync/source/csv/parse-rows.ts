import { type CsvError, type Info, type Parser, parse } from 'csv-parse';

/** The most characters of a row. A longer one usually has a quote that is never closed. */
export const longestRow = 1024 * 1024;
/** The most bytes of a whole file that are parsed a second time after faults. */
const mostReread = 8 * 1024 * 1024;

const LF = 0x0a;

/** A row, or its fault. `line` is where it begins. */
export type Row =
  | { line: number; values: readonly string[]; fault: null }
  | { line: number; values: null; fault: string };

/** The file has so many faults that the rest is not read. */
export class Unreadable extends Error {}

/**
 * Parses UTF-8 text, whose lines end in a line feed, into rows. It yields the rows of one piece at a time and skips empty lines.
 * The first line has the number `firstLine`. After a row with a fault, parsing continues with the next line. If the text breaks
 * off (`text` throws), the unfinished last row is dropped. Throws Unreadable, and what `text` throws.
 */
export async function* parseRows(
  text: AsyncIterable<Buffer>,
  separator: string,
  firstLine = 1,
): AsyncGenerator<readonly Row[]> {
  const parser = new RowParser(separator, firstLine);
  try {
    for await (const piece of text) {
      await parser.take(piece);
      yield parser.rows.splice(0);
    }
    await parser.end();
    yield parser.rows.splice(0);
  } finally {
    parser.close();
  }
}

class RowParser {
  readonly rows: Row[] = [];
  readonly #separator: string;
  #parser: Parser;
  /** The bytes after the last complete row, and their position in the parser's count of bytes. */
  #held: Buffer = Buffer.alloc(0);
  #heldFrom = 0;
  /** The end of the last complete row in the parser's count of bytes, and the number of the line after it. */
  #rowEnd = 0;
  #nextLine: number;
  /** True while the rest of a faulty line is skipped. */
  #skipping = false;
  #reread = 0;

  constructor(separator: string, firstLine: number) {
    this.#separator = separator;
    this.#nextLine = firstLine;
    this.#parser = this.#open();
  }

  async take(bytes: Buffer): Promise<void> {
    for (let piece: Buffer | null = bytes; piece !== null; ) {
      if (this.#skipping) {
        piece = this.#skip(piece);
        if (piece === null) return;
      }
      this.#held = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
      const error = await sent((done) => this.#parser.write(piece, done));
      piece = error === null ? this.#letGo() : this.#afterFault(error);
    }
  }

  /** The last row may end without a line feed. */
  async end(): Promise<void> {
    // The rest of a faulty line is not needed.
    while (!this.#skipping) {
      const error = await sent((done) => this.#parser.end(done));
      if (error === null) return;
      const rest = this.#afterFault(error);
      if (rest === null) return;
      await this.take(rest);
    }
  }

  close(): void {
    this.#parser.destroy();
  }

  #open(): Parser {
    const offset = this.#nextLine - 1;
    this.#heldFrom = 0;
    this.#rowEnd = 0;
    const parser = parse({
      delimiter: this.#separator,
      record_delimiter: '\n',
      quote: '"',
      escape: '"',
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: longestRow,
      // The rows are collected here. Otherwise the parser would hold more of them than are needed.
      on_record: (values: string[], { lines, bytes }: Info) => {
        const end = lines + offset;
        const line = end === this.#nextLine ? end : end - values.reduce((sum, value) => sum + feedsIn(value), 0);
        this.#nextLine = end + 1;
        this.#rowEnd = bytes;
        this.rows.push({ line, values, fault: null });
        return null;
      },
    });
    // The caller that causes an error gets it, so the event needs no handling.
    return parser.on('error', () => {});
  }

  #letGo(): null {
    this.#held = this.#held.subarray(this.#rowEnd - this.#heldFrom);
    this.#heldFrom = this.#rowEnd;
    return null;
  }

  /** Notes the fault of the current row. Returns the bytes after its first line. Null: that line is not complete yet. */
  #afterFault(error: Error): Buffer | null {
    this.#letGo();
    let from = 0;
    for (; this.#held[from] === LF; from++) this.#nextLine++;
    const rest = this.#held.subarray(from);
    this.rows.push({ line: this.#nextLine, values: null, fault: faultOf(error, this.#nextLine) });
    this.#reread += rest.length;
    if (this.#reread > mostReread)
      throw new Unreadable(`Too many rows up to line ${this.#nextLine} have misplaced quotes.`);
    this.#held = Buffer.alloc(0);
    this.#parser.destroy();
    this.#skipping = true;
    return this.#skip(rest);
  }

  #skip(bytes: Buffer): Buffer | null {
    const end = bytes.indexOf(LF);
    if (end === -1) return null;
    this.#skipping = false;
    this.#nextLine++;
    this.#parser = this.#open();
    return bytes.subarray(end + 1);
  }
}

function sent(send: (done: (error?: Error | null) => void) => void): Promise<Error | null> {
  return new Promise((resolve) => send((error) => resolve(error ?? null)));
}

function feedsIn(value: string): number {
  let count = 0;
  for (let at = value.indexOf('\n'); at !== -1; at = value.indexOf('\n', at + 1)) count++;
  return count;
}

function faultOf(error: Error, line: number): string {
  const code = 'code' in error ? (error as CsvError).code : null;
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `Line ${line} begins a row of more than ${longestRow / 1024 / 1024} MB; most likely a quote in it is never closed.`;
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return `Line ${line}: a quote is opened and never closed; the file may be cut off.`;
  if (code === 'CSV_INVALID_CLOSING_QUOTE' || String(code) === 'INVALID_OPENING_QUOTE')
    return `Line ${line}: a quote is misplaced. Put a value that contains quotes in quotes, and write each of its own quotes twice.`;
  throw error;
}
