import type { AppError } from '../../core/app-error.ts';
import type { NewLogLine } from '../../core/run.ts';
import type { PhotoAnswer } from '../../core/sync-store.ts';
import { people } from './run-lines.ts';

/*
 * The log lines about photos.
 */

const number = new Intl.NumberFormat('en');

/** Counts the results, and writes the log line about them. */
export class PhotoTally {
  readonly #total: number;
  readonly #counts = { photo: 0, same: 0, none: 0, unusable: 0, later: 0 };
  /** The reason of the first person who could not be read. */
  #because = '';

  constructor(total: number) {
    this.#total = total;
  }

  add(answers: readonly PhotoAnswer[]): void {
    for (const { found } of answers) {
      this.#counts[found.kind]++;
      if (found.kind === 'later') this.#because ||= found.because;
    }
  }

  progress(): NewLogLine {
    const done = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    return info(`Looked up the photos of ${number.format(done)} of ${people(this.#total)}.`);
  }

  end(): NewLogLine[] {
    const { photo, same, none, unusable, later } = this.#counts;
    const done = `Photos: ${number.format(photo)} new or changed, ${number.format(same)} as before, ${people(none)} without one, ${number.format(unusable)} not usable.`;
    const left = `The photos of ${people(later)} could not be looked up, and the next run tries again. The first: ${this.#because}.`;
    return [info(done), ...(later === 0 ? [] : [warning('PHOTOS_LATER', left)])];
  }
}

/** The line of a person whose photo can't be used. */
export function unusablePhoto({ id, name, contactId, found }: PhotoAnswer): NewLogLine[] {
  if (found.kind !== 'unusable') return [];
  const message = `The photo was left out: it ${found.because}.`;
  return [{ ...warning('PHOTO_UNUSABLE', message), person: name, personId: id, contactId }];
}

/** The line of a run that leaves the photos to the next one, because it reads nothing. */
export function photosLeft(count: number): NewLogLine {
  return info(`The next run looks up the photos of ${people(count)}.`);
}

/** The line for a source that failed while photos were looked up. */
export function photosLater({ message, hint }: AppError): NewLogLine {
  const what = hint === null ? message : `${message} ${hint}`;
  return warning('PHOTOS_LATER', `The photos could not all be fetched, and the next run goes on. ${what}`);
}

function info(message: string): NewLogLine {
  return { level: 'INFO', code: 'PHOTOS', message };
}

function warning(code: NewLogLine['code'], message: string): NewLogLine {
  return { level: 'WARN', code, message };
}
