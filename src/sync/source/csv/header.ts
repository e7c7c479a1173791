import { AppError } from '../../../core/app-error.ts';
import { isOneLine, isStorable, listed, saidText } from '../../../core/outside-text.ts';
import type { ValueFault } from '../../../core/user-error.ts';

const mostColumns = 1000;
/** The most characters of a column's name. */
const longestName = 200;

/** The columns of a file, with their names in the header row. */
export type Header = {
  /**
   * The names up to the last one that is not empty. '' stands for a column without a name, which nobody can ask for.
   */
  names: readonly string[];
  /** The index of the column with this name; -1: there is none. */
  placeOf(name: string): number;
};

/** The same key for all spellings of a column's name: case and spaces around it do not matter. */
export function columnKey(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}

/** Why this can't be the name of a column. Null: it can. */
export function columnFault(name: string): ValueFault | null {
  if (name.trim() === '') return { code: 'INVALID_ATTRIBUTE', message: 'The name of a column is empty.' };
  if (name.length > longestName)
    return { code: 'TOO_LONG', message: `The name of a column has at most ${longestName} characters.` };
  if (!isOneLine(name) || !isStorable(name))
    return {
      code: 'INVALID_ATTRIBUTE',
      message: 'The name of a column must be one line, without control characters.',
    };
  return null;
}

/**
 * Reads the header row. Columns without a name are left out: spreadsheets write them for cells that were once filled. Throws
 * AppError INVALID_HEADER with its faults.
 */
export function readHeader(values: readonly string[], line: number): Header {
  if (values.length > mostColumns)
    throw invalid(line, [`it has ${values.length} columns, and at most ${mostColumns} are possible`]);
  const trimmed = values.map((value) => value.trim());
  const names = trimmed.slice(0, trimmed.findLastIndex((name) => name !== '') + 1);
  const faults: string[] = [];
  const places = new Map<string, number>();
  for (const [place, name] of names.entries()) {
    const earlier = places.get(columnKey(name));
    if (name === '') continue;
    if (columnFault(name) !== null || name.includes('\ufffd'))
      faults.push(
        `the name of column ${place + 1} is too long, or is no text ("${saidText(name.slice(0, longestName))}")`,
      );
    else if (earlier !== undefined)
      faults.push(`columns ${earlier + 1} and ${place + 1} have the same name ("${saidText(name)}")`);
    else places.set(columnKey(name), place);
  }
  if (faults.length > 0) throw invalid(line, faults);
  return { names, placeOf: (name) => places.get(columnKey(name)) ?? -1 };
}

/** The names of all columns that have one. */
export function namesOf({ names }: Header): string[] {
  return names.filter((name) => name !== '');
}

/** The index of a required column. Throws AppError COLUMN_MISSING, which lists the existing ones. */
export function requiredColumn(header: Header, name: string, setting: string): number {
  const place = header.placeOf(name);
  if (place >= 0) return place;
  throw new AppError('COLUMN_MISSING', `The file has no column "${saidText(name)}", which ${setting} names.`, {
    hint: `Its columns are ${listed(namesOf(header))}. Name one of them, or set separator if the header was split in the wrong places.`,
  });
}

const shownFaults = 5;

function invalid(line: number, faults: readonly string[]): AppError {
  const more = faults.length > shownFaults ? `; and ${faults.length - shownFaults} more faults` : '';
  return new AppError(
    'INVALID_HEADER',
    `The header (line ${line}) can't be used: ${faults.slice(0, shownFaults).join('; ')}${more}.`,
    { hint: 'The first row names the columns: give each its own name.' },
  );
}
