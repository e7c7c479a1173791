import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import { listed } from '../../../core/outside-text.ts';
import type { OpenOptions } from '../../../core/source-session.ts';
import type { Settled } from '../source-module.ts';
import type { CsvSettings } from './csv-settings.ts';
import { openOrigin } from './file-origin.ts';
import { namesOf } from './header.ts';
import { readTable } from './read-table.ts';

/** How many rows are read to find an id column. Each must have another value there. */
const mostRows = 1000;

/** Columns that can identify people, the best first. An email can change, so it comes last. */
const idColumns = [
  ...['id', 'uuid', 'guid', 'person id', 'personId', 'user id', 'userId', 'external id', 'externalId'],
  ...['employee id', 'employeeId', 'employee_id', 'employee number', 'staff number', 'Personalnummer', 'Pers.-Nr.'],
  ...['uid', 'login', 'user name', 'username', 'Benutzername', 'email', 'e-mail', 'mail', 'E-Mail-Adresse'],
];

/** Finds the id column if the settings name none. Throws AppError, or the signal's reason. */
export async function settleFile(
  settings: CsvSettings,
  secrets: Secrets,
  options: OpenOptions,
): Promise<Settled<CsvSettings>> {
  const open = { baseDns: [], filter: null };
  const { idColumn } = settings;
  if (idColumn.trim() !== '')
    return { ...open, settings, idColumn, reasons: [`People are identified by the given column "${idColumn}".`] };
  const origin = await openOrigin(settings, secrets, options);
  try {
    const fetched = await origin.fetch(null);
    if (fetched.kind === 'unchanged') throw new Error('A file is unchanged that was not known.');
    const { header, rows } = await readTable(fetched.bytes, settings);
    const candidates = idColumns.flatMap((name) => {
      const place = header.placeOf(name);
      return place < 0 ? [] : [{ name: header.names[place] ?? name, place, seen: new Set<string>(), fits: true }];
    });
    let looked = 0;
    for await (const batch of rows()) {
      for (const { values } of batch.slice(0, mostRows - looked)) {
        looked++;
        for (const candidate of candidates) {
          const value = values?.[candidate.place]?.trim() ?? '';
          if (value === '' || candidate.seen.has(value)) candidate.fits = false;
          candidate.seen.add(value);
        }
      }
      if (looked >= mostRows) break;
    }
    const id = candidates.find(({ fits }) => fits);
    if (id === undefined)
      throw new AppError('COLUMN_MISSING', 'The file has no column that clearly identifies people.', {
        hint: `Name one of its columns in idColumn: ${listed(namesOf(header))}. Its values are different, and never change for a person.`,
      });
    const { name } = id;
    const reason = `Set idColumn to "${name}": it has another value in each of the ${looked} rows that were looked at.`;
    return { ...open, settings: { ...settings, idColumn: name }, idColumn: name, reasons: [reason] };
  } finally {
    origin.close();
  }
}
