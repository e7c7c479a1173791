import { AppError } from '../core/app-error.ts';
import type { PhotoFinding, PhotoQuestion } from '../core/photo.ts';
import type { NewLogLine } from '../core/run.ts';
import type { ClaimedRun } from '../core/run-store.ts';
import type { AddressPolicy } from '../core/source-session.ts';
import type { PhotoAnswer, SyncRun } from '../core/sync-store.ts';
import * as lines from './log/photo-lines.ts';
import type { FromPhotos, PhotoTask, ToReader } from './read-messages.ts';
import { type ReadingThreads, threadFailure } from './reading-threads.ts';

/** How many people are looked up at a time. The photos of two such lists are in memory together. */
const peopleAtOnce = 50;
/** A log line about the progress is written at most once a second. */
const lineEveryMs = 1000;

type Parts = { threads: ReadingThreads; addresses: AddressPolicy };

/**
 * Fetches the photos of people whose entry is new or has changed, after their contacts are stored. If the source fails
 * now, the run still succeeds: the people who were not looked up stay due, and the next run tries again. Everything
 * else is thrown, as by `runSync`.
 */
export async function fetchPhotos(
  { threads, addresses }: Parts,
  run: SyncRun,
  { settings: { kind, source: settings }, secrets }: ClaimedRun,
  signal: AbortSignal,
): Promise<void> {
  const total = await run.countPhotosDue();
  if (total === 0) return;
  const search = startSearch(threads, { kind, settings, secrets, addresses }, signal);
  const tally = new lines.PhotoTally(total);
  let lastLine = performance.now();
  try {
    const lookUp = async (after: string): Promise<PhotoAnswer[]> => {
      const people = await run.photosDue(after, peopleAtOnce);
      if (people.length === 0) return [];
      const found = await search.find(people.map(({ id, name, hash }) => ({ id, name, hash })));
      return people.map((person, i): PhotoAnswer => ({ ...person, found: found[i] ?? missing() }));
    };
    let next = lookUp('');
    for (;;) {
      signal.throwIfAborted();
      const answers = await next;
      const last = answers.at(-1);
      if (last === undefined) break;
      // The next people are looked up while the photos of these are stored.
      next = lookUp(last.id);
      next.catch(() => {});
      tally.add(answers);
      const isDue = performance.now() - lastLine >= lineEveryMs;
      if (isDue) lastLine = performance.now();
      const progress: NewLogLine[] = isDue ? [tally.progress()] : [];
      await run.savePhotos(answers, [...answers.flatMap(lines.unusablePhoto), ...progress]);
    }
    await run.report({ lines: tally.end() });
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    await run.report({ lines: [lines.photosLater(error.reason)] });
  } finally {
    await search.close();
  }
}

/** Logs that the next run fetches the photos. */
export async function leavePhotos(run: SyncRun): Promise<void> {
  const count = await run.countPhotosDue();
  if (count > 0) await run.report({ lines: [lines.photosLeft(count)] });
}

function missing(): never {
  throw new Error('A photo was asked for and not answered.');
}

/** The source has failed, not this service or its database. */
class SourceFailure extends Error {
  readonly reason: AppError;

  constructor(reason: AppError) {
    super(reason.message);
    this.reason = reason;
  }
}

/** A thread that looks up photos, one list of people after another. It keeps a session with the source. */
function startSearch(threads: ReadingThreads, task: PhotoTask, signal: AbortSignal) {
  const thread = threads.take();
  const freed = Promise.withResolvers<boolean>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  const fail = (error: unknown): void => {
    broken.reject(error instanceof AppError ? new SourceFailure(error) : error);
    freed.resolve(false);
  };
  let answered = (_found: PhotoFinding[]): void => {};
  thread.on('message', (message: FromPhotos) => {
    if (message.kind === 'photos') answered(message.found);
    else if (message.kind === 'free') freed.resolve(true);
    else fail(new AppError(message.error.code, message.error.message, { hint: message.error.hint ?? undefined }));
  });
  thread.on('error', (error) => fail(threadFailure(error)));
  thread.on('exit', () => fail(new Error('The reading thread ended unexpectedly.')));
  // A thread that stops in the middle of a search can't be used again: `close` ends it.
  const stop = (): void => {
    broken.reject(signal.reason);
    freed.resolve(false);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  thread.postMessage({ kind: 'findPhotos', task } satisfies ToReader);
  return {
    find: (people: readonly PhotoQuestion[]): Promise<PhotoFinding[]> => {
      const answer = new Promise<PhotoFinding[]>((resolve) => {
        answered = resolve;
      });
      thread.postMessage({ kind: 'people', people } satisfies ToReader);
      return Promise.race([answer, broken.promise]);
    },
    close: async (): Promise<void> => {
      signal.removeEventListener('abort', stop);
      thread.postMessage({ kind: 'over' } satisfies ToReader);
      if (await freed.promise) threads.giveBack(thread);
      else await thread.terminate();
    },
  };
}
