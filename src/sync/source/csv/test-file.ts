import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import { listed } from '../../../core/outside-text.ts';
import type { CheckStatus, ConnectionCheck, ConnectionTest, OpenOptions } from '../../../core/source-session.ts';
import { CutOff } from '../net/read-body.ts';
import { PeopleSurvey } from '../people-survey.ts';
import type { CsvSettings } from './csv-settings.ts';
import { csvMappings } from './default-mappings.ts';
import { openOrigin } from './file-origin.ts';
import { columnKey, namesOf, requiredColumn } from './header.ts';
import { type Row, Unreadable } from './parse-rows.ts';
import { readTable, type Table } from './read-table.ts';
import { RepeatedIds } from './repeated-ids.ts';
import { RowPeople } from './row-people.ts';

/** The steps in their order. */
const steps = [
  'Reach',
  'File',
  'Encoding',
  'Separator',
  'Columns',
  'Id column',
  'Rows',
  'Ids',
  'Emails',
  'Fields',
] as const;
type Step = (typeof steps)[number];

/** The step that an error belongs to, even if it appeared in another one. */
const stepOf: Partial<Record<string, Step>> = {
  ENCODING_UNKNOWN: 'Encoding',
  INVALID_HEADER: 'Columns',
  COLUMN_MISSING: 'Id column',
};

/** The most rows that the test reads. */
const sampleRows = 1000;

/**
 * Reads the first rows of the file and reports each step. A failed step has a code and a hint, and the steps after it are
 * skipped. Throws only the signal's reason.
 */
export async function testFile(settings: CsvSettings, secrets: Secrets, options: OpenOptions): Promise<ConnectionTest> {
  const report = new Report();
  try {
    const origin = await openOrigin(settings, secrets, options);
    try {
      report.done('Reach', settings.url === null ? 'The file is the uploaded one.' : 'The server accepts connections.');
      report.server = origin.name;
      const fetched = await origin.fetch(null);
      if (fetched.kind === 'unchanged') throw new Error('A file is unchanged that was not known.');
      await examine(await readTable(fetched.bytes, settings), settings, report);
    } finally {
      origin.close();
    }
  } catch (error) {
    const fault = appErrorOf(error);
    if (fault === null) throw error;
    report.failed(fault);
  }
  return report.result();
}

function appErrorOf(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  if (error instanceof CutOff)
    return new AppError('INCOMPLETE_READ', `The file is cut off. ${error.message}`, {
      hint: 'Export or upload the file again. A run takes in the people in it and removes nobody.',
    });
  if (error instanceof Unreadable)
    return new AppError('INVALID_FILE', error.message, { hint: 'Correct the file there, or set separator.' });
  return null;
}

async function examine(table: Table, settings: CsvSettings, report: Report): Promise<void> {
  const { header, separator } = table;
  report.done('File', `It can be read, and has a header in line ${table.headerLine}.`);
  report.done('Encoding', `${table.encoding}${settings.encoding === null ? ', as found' : ''}.`);
  report.done('Separator', `${JSON.stringify(separator)}${settings.separator === null ? ', as found' : ''}.`);
  report.done('Columns', `${namesOf(header).length}: ${listed(namesOf(header))}.`);
  const idPlace = requiredColumn(header, settings.idColumn, 'idColumn');
  const namePlace = settings.nameColumn === null ? idPlace : requiredColumn(header, settings.nameColumn, 'nameColumn');
  report.done('Id column', `"${header.names[idPlace]}" is there.`);
  const survey = new PeopleSurvey(
    csvMappings().map((mapping) => ({
      ...mapping,
      attributes: mapping.attributes.filter((name) => header.placeOf(name) >= 0),
    })),
    columnKey,
  );
  const people = new RowPeople(header, { attributes: survey.attributes, idPlace, namePlace });
  report.rows(await sampleOf(table, people, survey));
  report.surveyed(survey);
}

type Sample = { rows: number; faults: string[]; repeated: string[] };

async function sampleOf(table: Table, people: RowPeople, survey: PeopleSurvey): Promise<Sample> {
  const sample: Sample = { rows: 0, faults: [], repeated: [] };
  const ids = new RepeatedIds();
  for await (const batch of table.rows()) {
    for (const row of batch.slice(0, sampleRows - sample.rows)) look(row, people, { ids, survey }, sample);
    if (sample.rows === sampleRows) break;
  }
  return sample;
}

type Seen = { ids: RepeatedIds; survey: PeopleSurvey };

function look(row: Row, people: RowPeople, { ids, survey }: Seen, sample: Sample): void {
  sample.rows++;
  const fault = people.fault(row);
  const { id, unfit, attributes } = people.entryOf(row, fault);
  if (unfit !== null) sample.faults.push(unfit);
  const first = id === null ? null : ids.seen(id, row.line);
  if (first !== null) sample.repeated.push(`lines ${first} and ${row.line}`);
  else if (unfit === null) survey.add(attributes);
}

class Report {
  server: string | null = null;
  readonly #started = performance.now();
  readonly #checks: (ConnectionCheck & { name: Step })[] = [];
  #error: AppError | null = null;

  done(name: Step, detail: string): void {
    this.#add(name, 'OK', detail);
  }

  rows({ rows, faults, repeated }: Sample): void {
    const looked = rows === sampleRows ? `The first ${rows} rows` : rows === 1 ? 'The 1 row' : `All ${rows} rows`;
    if (rows === 0)
      this.#add('Rows', 'WARN', 'There is a header and no rows.', 'Look whether the file was exported whole.');
    else if (faults.length > 0)
      this.#add(
        'Rows',
        'WARN',
        `${faults.length} of ${looked.toLowerCase()} can't be used: ${faults.slice(0, 5).join(' ')}`,
        'These people are skipped, and nobody is removed by a file with such rows: correct it.',
      );
    else this.done('Rows', `${looked} can be used.`);
    if (repeated.length > 0)
      this.#add(
        'Ids',
        'WARN',
        `Repeated ids: ${repeated.slice(0, 5).join('; ')}${repeated.length > 5 ? ` and ${repeated.length - 5} more` : ''}.`,
        'Only the first row of an id is taken: choose a column with a different value for each person.',
      );
    else this.done('Ids', rows === 0 ? 'There are none.' : 'No id is repeated.');
  }

  /** The emails and the main fields of the people in these rows. */
  surveyed(survey: PeopleSurvey): void {
    if (survey.people === 0) return;
    const [emails, fields] = [survey.emails(), survey.fields()];
    this.#add('Emails', emails.status, emails.detail, emails.advice);
    this.#add('Fields', fields.status, fields.detail, fields.advice);
  }

  failed(error: AppError): void {
    this.#error = error;
    const underWay = steps.find((step) => !this.#checks.some(({ name }) => name === step)) ?? 'Rows';
    this.#add(stepOf[error.code] ?? underWay, 'FAIL', error.message, error.hint);
  }

  result(): ConnectionTest {
    for (const name of steps)
      if (!this.#checks.some((check) => check.name === name)) this.#add(name, 'SKIPPED', 'Not tried.');
    const error = this.#error;
    return {
      ok: error === null,
      code: error?.code ?? null,
      message: error?.message ?? 'The file can be read.',
      hint: error?.hint ?? null,
      server: this.server,
      latencyMs: Math.round(performance.now() - this.#started),
      checks: this.#checks.sort((a, b) => steps.indexOf(a.name) - steps.indexOf(b.name)),
    };
  }

  #add(name: Step, status: CheckStatus, detail: string, advice: string | null = null): void {
    this.#checks.push({ name, status, detail, advice });
  }
}
