import { AppError } from '../../../core/app-error.ts';
import type { Arrivals, BeginArrivals } from '../../../core/arrivals.ts';
import type { FieldMapping, Secrets } from '../../../core/connection.ts';
import type { Entry, SourceNote } from '../../../core/entry.ts';
import { listed, saidText, shortText } from '../../../core/outside-text.ts';
import { soundsSecret } from '../../../core/secret-names.ts';
import type {
  OpenOptions,
  PersonFinding,
  PersonQuestion,
  ReadRequest,
  SampledValues,
  SampleRequest,
  SourceSession,
} from '../../../core/source-session.ts';
import { CutOff } from '../net/read-body.ts';
import type { CsvSettings } from './csv-settings.ts';
import { csvMappings } from './default-mappings.ts';
import { type FileOrigin, openOrigin } from './file-origin.ts';
import { columnKey, type Header, namesOf, requiredColumn } from './header.ts';
import { type Row, Unreadable } from './parse-rows.ts';
import { readTable, type Table } from './read-table.ts';
import { RepeatedIds } from './repeated-ids.ts';
import { RowPeople } from './row-people.ts';

/** The most rows that may differ from the header. A file with more of them is not the expected file. */
const mostBadRows = 1000;
/** The most repeated ids that get a separate log line. */
const mostNotedRepeats = 100;

/** Opens the file that a run reads. Throws AppError, or the signal's reason. */
export async function openSession(
  settings: CsvSettings,
  secrets: Secrets,
  options: OpenOptions,
): Promise<SourceSession> {
  const origin = await openOrigin(settings, secrets, options);
  return {
    server: origin.name,
    notes: [],
    read: (request, begin) => read(settings, origin, request, begin),
    sample: (request) => sample(settings, origin, request),
    find: (question) => find(settings, origin, question),
    close: async () => origin.close(),
  };
}

async function read(
  settings: CsvSettings,
  origin: FileOrigin,
  request: ReadRequest,
  begin: BeginArrivals,
): Promise<void> {
  const fetched = await origin.fetch(etagOf(request.since));
  if (fetched.kind === 'unchanged') {
    const message = 'The file is the one that the last run read (its ETag is the same), so nothing has changed.';
    const notes: SourceNote[] = [{ level: 'INFO', code: 'READING', message }];
    const arrivals = begin('changes', { mode: 'INCREMENTAL', reason: null });
    arrivals.end({ complete: true, because: null, cursor: request.since?.cursor ?? null, referrals: [], notes });
    return;
  }
  const table = await readTable(fetched.bytes, settings);
  const reason = request.since === null ? null : 'The file has changed since the last run.';
  const arrivals = begin('everybody', { mode: 'FULL', reason });
  for (const { attribute } of request.scope.rules) requiredColumn(table.header, attribute, 'a rule of the scope');
  const reading = new Reading(settings, table, request, arrivals);
  const because = await reading.toEnd();
  const cursor = because === null && fetched.etag !== null ? { etag: fetched.etag } : null;
  arrivals.end({
    complete: because === null,
    because,
    cursor,
    noCursorBecause: 'Only a file from a web server that sends ETags can be recognized as unchanged.',
    referrals: [],
    notes: reading.notes,
    lacking: reading.lacking,
  });
}

/** Takes people from the beginning of the file. */
async function sample(
  settings: CsvSettings,
  origin: FileOrigin,
  { attributes, scope, take }: SampleRequest,
): Promise<readonly FieldMapping[]> {
  const { rows, header, people } = await peopleOf(settings, origin, attributes);
  for (const { attribute } of scope.rules) requiredColumn(header, attribute, 'a rule of the scope');
  let looks = 0;
  try {
    for await (const batch of rows)
      for (const row of batch) {
        const fault = people.fault(row);
        const took =
          fault === null ? take({ entry: people.entryOf(row, null), has: cellsOf(header, row) }) : 'left out';
        if (took === 'enough' || ++looks >= mostLooks) return csvMappings();
      }
  } catch (error) {
    // The rows before a fault of the file are a sample too.
    if (!(error instanceof CutOff || error instanceof Unreadable)) throw error;
  }
  return csvMappings();
}

/** Searches the whole file for a person: by id, then by name, then by any other value that equals the text. */
async function find(
  settings: CsvSettings,
  origin: FileOrigin,
  { attributes, person }: PersonQuestion,
): Promise<PersonFinding> {
  const { rows, header, people } = await peopleOf(settings, origin, attributes);
  const wanted = columnKey(person);
  const matches: { entry: Entry; by: string; rank: number }[] = [];
  const ids = new Set<string>();
  const look = (row: Row): void => {
    if (people.fault(row) !== null) return;
    const isMatch = (value: string, place: number): boolean =>
      columnKey(value) === wanted && !soundsSecret(header.names[place] ?? '');
    const place = (row.values ?? []).findIndex(isMatch);
    const entry = place < 0 ? null : people.entryOf(row, null);
    if (entry === null || entry.id === null || ids.has(entry.id)) return;
    ids.add(entry.id);
    const rank = entry.id === person.trim() ? 0 : columnKey(entry.name) === wanted ? 1 : 2;
    matches.push({ entry, by: rank === 0 ? 'the id' : `the column "${header.names[place] ?? ''}"`, rank });
    if (matches.length > mostMatches) matches.sort((a, b) => a.rank - b.rank).pop();
  };
  try {
    for await (const batch of rows) for (const row of batch) look(row);
  } catch (error) {
    if (!(error instanceof CutOff || error instanceof Unreadable)) throw error;
    if (matches.length === 0)
      throw new AppError('INCOMPLETE_READ', `The file can't be read to its end. ${error.message}`, { cause: error });
  }
  const [match, ...others] = matches.toSorted((a, b) => a.rank - b.rank);
  if (match === undefined) return { kind: 'nobody', where: 'in the file' };
  return { kind: 'found', ...match, others: others.map(({ entry }) => entry.name), conditions: [] };
}

/** The most matching people that are reported. */
const mostMatches = 20;

/** The most rows that are read for a sample, in scope or not. */
const mostLooks = 100_000;

async function peopleOf(settings: CsvSettings, origin: FileOrigin, attributes: readonly string[]) {
  const fetched = await origin.fetch(null);
  if (fetched.kind === 'unchanged') throw new Error('A file is unchanged that was not known.');
  const table = await readTable(fetched.bytes, settings);
  const { header } = table;
  const idPlace = requiredColumn(header, settings.idColumn, 'idColumn');
  const namePlace = settings.nameColumn === null ? idPlace : requiredColumn(header, settings.nameColumn, 'nameColumn');
  return { rows: table.rows(), header, people: new RowPeople(header, { attributes, idPlace, namePlace }) };
}

function cellsOf({ names }: Header, { values }: Row): SampledValues[] {
  return names.flatMap((name, place) => {
    const value = values?.[place]?.trim() ?? '';
    return name === '' || value === '' ? [] : [{ name, count: 1, shown: [shortText(value)] }];
  });
}

function etagOf(since: ReadRequest['since']): string | null {
  return typeof since?.cursor.etag === 'string' ? since.cursor.etag : null;
}

/** The read of one file: its rows become people, its faults become notes. */
class Reading {
  readonly notes: SourceNote[] = [];
  readonly lacking: readonly string[];
  readonly #table: Table;
  readonly #arrivals: Arrivals;
  readonly #people: RowPeople;
  readonly #ids = new RepeatedIds();
  #badRows = 0;
  #firstFault: string | null = null;
  #repeats = 0;

  constructor({ idColumn, nameColumn }: CsvSettings, table: Table, request: ReadRequest, arrivals: Arrivals) {
    const { header, encoding, separator } = table;
    this.#table = table;
    this.#arrivals = arrivals;
    const idPlace = requiredColumn(header, idColumn, 'idColumn');
    const namePlace = nameColumn === null ? idPlace : requiredColumn(header, nameColumn, 'nameColumn');
    this.#people = new RowPeople(header, { attributes: request.attributes, idPlace, namePlace });
    const named = namesOf(header).length;
    const columns = named === 1 ? '1 column' : `${named} columns`;
    this.#note(
      'INFO',
      'READING',
      `The file has ${columns}, separated by ${JSON.stringify(separator)}, in ${encoding}.`,
    );
    this.lacking = this.#people.missing;
    if (this.lacking.length > 0)
      this.#note(
        'DEBUG',
        'READING',
        `The file has no columns with these names of the mapping: ${listed(this.lacking)}.`,
      );
  }

  /** Reads all rows. Returns why the read is not complete, or null. */
  async toEnd(): Promise<string | null> {
    let because: string | null = null;
    try {
      for await (const rows of this.#table.rows()) await this.#take(rows);
    } catch (error) {
      if (error instanceof CutOff) because = `The file is cut off. ${error.message}`;
      else if (error instanceof Unreadable) because = `${error.message} Nothing after it was read.`;
      else throw error;
    }
    if (this.#repeats > mostNotedRepeats)
      this.#note('WARN', 'DUPLICATE_ID', `${this.#repeats - mostNotedRepeats} more rows have ids that came before.`);
    return because ?? this.#firstFault;
  }

  async #take(rows: readonly Row[]): Promise<void> {
    const entries = rows.map((row) => {
      const fault = this.#people.fault(row);
      if (fault !== null) this.#countFault(fault);
      const entry = this.#people.entryOf(row, fault);
      if (entry.id !== null) this.#noteRepeat(entry.id, row.line);
      return entry;
    });
    if (entries.length > 0) await this.#arrivals.present(entries);
  }

  #countFault(fault: string): void {
    this.#firstFault ??= fault;
    if (++this.#badRows <= mostBadRows) return;
    throw new AppError(
      'INVALID_FILE',
      `More than ${mostBadRows} rows do not fit the header. The first: ${this.#firstFault}`,
      {
        hint: 'Check the file, and the settings encoding and separator.',
      },
    );
  }

  #noteRepeat(id: string, line: number): void {
    const first = this.#ids.seen(id, line);
    if (first === null || ++this.#repeats > mostNotedRepeats) return;
    const message = `Line ${line} repeats the id "${saidText(id)}" of line ${first} and is skipped. Choose an id column with a different value for each person.`;
    this.#note('WARN', 'DUPLICATE_ID', message);
  }

  #note(level: SourceNote['level'], code: SourceNote['code'], message: string): void {
    this.notes.push({ level, code, message });
  }
}
