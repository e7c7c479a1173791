import { AppError } from '../core/app-error.ts';
import type { PhotoFinding, PhotoQuestion } from '../core/photo.ts';
import type { SourceSession } from '../core/source-session.ts';
import type { StoredFiles } from '../core/stored-files.ts';
import type { FromPhotos, PhotoTask } from './read-messages.ts';
import type { Source } from './source/source-module.ts';

/** How often one pass opens a new session because the source sent too much about a person. */
const mostReopened = 20;

/** The most refusals in a row. If there are more, the cause is not a single person. */
const mostRefused = 50;

/**
 * Looks up photos in a reading thread, list by list, over one session. If the source sends too much about a person, the
 * session ends, and the others are looked up over a new one.
 */
export class PhotoAnswers {
  readonly #task: PhotoTask;
  readonly #source: Source;
  readonly #files: StoredFiles;
  readonly #send: (message: FromPhotos, transfer?: ArrayBuffer[]) => void;
  #session: SourceSession | null = null;
  #opened = 0;
  #refused = 0;

  constructor(
    task: PhotoTask,
    { source, files }: { source: Source; files: StoredFiles },
    send: (message: FromPhotos, transfer?: ArrayBuffer[]) => void,
  ) {
    this.#task = task;
    this.#source = source;
    this.#files = files;
    this.#send = send;
  }

  /** Answers one list. Lists come one after another. */
  async answer(people: readonly PhotoQuestion[]): Promise<void> {
    try {
      const found: PhotoFinding[] = [];
      for (const person of people) found.push(await this.#find(person));
      const memory = found.flatMap((one) => (one.kind === 'photo' ? [one.photo.bytes.buffer as ArrayBuffer] : []));
      this.#send({ kind: 'photos', found }, memory);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#send({ kind: 'failed', error: { code: error.code, message: error.message, hint: error.hint } });
    }
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }

  async #find(person: PhotoQuestion): Promise<PhotoFinding> {
    // Nothing aborts it: to give a pass up, the whole thread is ended.
    const { signal } = new AbortController();
    const session = await this.#open(signal);
    try {
      const found = (await session.photo?.(person, signal)) ?? { kind: 'none' };
      this.#refused = found.kind === 'later' ? this.#refused + 1 : 0;
      if (found.kind === 'later' && this.#refused > mostRefused)
        throw new AppError('PHOTOS_REFUSED', `The source shows nobody's photo any more: ${found.because}.`);
      return found;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'PHOTO_TOO_LARGE' || this.#opened > mostReopened) throw error;
      await session.close();
      this.#session = null;
      return { kind: 'unusable', because: `was not read to its end: ${error.message}` };
    }
  }

  async #open(signal: AbortSignal): Promise<SourceSession> {
    if (this.#session !== null) return this.#session;
    this.#opened++;
    const { settings, secrets, addresses } = this.#task;
    this.#session = await this.#source.open(settings, secrets, { addresses, files: this.#files, signal });
    return this.#session;
  }
}
