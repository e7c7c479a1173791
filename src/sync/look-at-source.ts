import { AppError } from '../core/app-error.ts';
import type { OpenOptions } from '../core/source-session.ts';
import type { StoredFiles } from '../core/stored-files.ts';
import { discoverAttributes } from './discover-attributes.ts';
import { findPerson } from './find-person.ts';
import { lendFiles } from './lend-files.ts';
import { lookUpPeople } from './look-up-people.ts';
import { proposeConnection } from './propose-connection.ts';
import type { Asked, FromLook, Look, Looks, ToReader } from './read-messages.ts';
import { type ReadingThreads, threadFailure } from './reading-threads.ts';
import type { Source } from './source/source-module.ts';

/**
 * The longest time for a look, whatever the connection's own time limits are. When a test reaches it, it reports the
 * steps so far.
 */
const longestSeconds = 60;
/** A thread that has not answered this much later is stuck. */
const graceSeconds = 15;

/**
 * Looks at a source in a reading thread, without a run: tests it, or reads some people. A hostile source can only fill the limited
 * memory of that thread. When `signal` aborts, the thread ends, and its sockets with it. Throws an AppError or the signal's reason.
 */
export async function lookAtSource<K extends Look>(
  { threads, files }: { threads: ReadingThreads; files: StoredFiles | null },
  asked: Asked<K>,
  signal: AbortSignal,
): Promise<Looks[K]['answer']> {
  signal.throwIfAborted();
  const thread = threads.take();
  const outcome = Promise.withResolvers<Looks[K]['answer']>();
  const lent = files === null ? null : lendFiles(files, outcome.reject);
  thread.on('message', (message: FromLook<K>) => {
    if (message.kind === 'looked') outcome.resolve(message.answer);
    else {
      const { code, message: said, hint } = message.error;
      outcome.reject(new AppError(code, said, { hint: hint ?? undefined }));
    }
  });
  thread.on('error', (error) => outcome.reject(threadFailure(error)));
  thread.on('exit', () => outcome.reject(new Error('The thread of a look at a source ended unexpectedly.')));
  const stuck = setTimeout(() => outcome.reject(tooLong()), (longestSeconds + graceSeconds) * 1000);
  const leave = (): void => outcome.reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    const message = { kind: 'look', asked: asked as Asked<Look>, files: lent?.port ?? null } satisfies ToReader;
    thread.postMessage(message, lent ? [lent.port] : []);
    const answer = await outcome.promise;
    threads.giveBack(thread);
    return answer;
  } catch (error) {
    await thread.terminate();
    throw error;
  } finally {
    lent?.close();
    clearTimeout(stuck);
    signal.removeEventListener('abort', leave);
  }
}

/** Runs in the thread: does the look, with a time limit. Throws only for a bug of ours. */
export async function lookHere(
  asked: Asked<Look>,
  files: StoredFiles,
  sourceOf: (kind: string) => Source,
): Promise<FromLook<Look>> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(tooLong()), longestSeconds * 1000);
  const { kind, addresses } = asked.task;
  const options = { addresses, files, signal: end.signal };
  try {
    const source = sourceOf(kind);
    const answer = await answerOf(source, asked, options);
    return { kind: 'looked', answer };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: 'failed', error: { code: error.code, message: error.message, hint: error.hint } };
  } finally {
    clearTimeout(timer);
  }
}

async function answerOf(source: Source, asked: Asked<Look>, options: OpenOptions): Promise<Looks[Look]['answer']> {
  switch (asked.look) {
    case 'test':
      return await source.test(asked.task.settings, asked.task.secrets, options);
    case 'propose':
      return await proposeConnection(source, asked.task, options);
    case 'discover':
      return await discoverAttributes(source, asked.task, options);
    case 'find':
      return await findPerson(source, asked.task, options);
    case 'lookUp':
      return await lookUpPeople(source, asked.task, options);
    case 'outside': {
      const session = await source.open(asked.task.settings, asked.task.secrets, options);
      try {
        return (await session.outside?.(asked.task.scope, options.signal)) ?? [];
      } finally {
        await session.close();
      }
    }
  }
}

function tooLong(): AppError {
  return new AppError('TIMEOUT', `The source did not answer within ${longestSeconds} s.`, {
    hint: 'Look whether the server or the network is overloaded.',
  });
}

/** How many looks at sources one process makes at the same time for one workspace. */
const ofOneWorkspace = 2;
const ofAll = 16;

/** After how many seconds a refused client should try again. Most looks take less. */
const retryAfterSeconds = 5;

/** Limits how many looks at sources happen at the same time: for one workspace, and in all. */
export function lookSlots() {
  const underWay = new Map<string, number>();
  const total = (): number => [...underWay.values()].reduce((sum, one) => sum + one, 0);
  return {
    /** Does the work. Throws AppError RATE_LIMITED when no slot is free. */
    async run<T>(workspaceId: string, work: () => Promise<T>): Promise<T> {
      const own = underWay.get(workspaceId) ?? 0;
      if (own >= ofOneWorkspace)
        throw busy(`A workspace tests, previews or explains ${ofOneWorkspace} connections at a time.`);
      if (total() >= ofAll) throw busy('Too many connections are being tested or previewed.');
      underWay.set(workspaceId, own + 1);
      try {
        return await work();
      } finally {
        const left = (underWay.get(workspaceId) ?? 1) - 1;
        if (left > 0) underWay.set(workspaceId, left);
        else underWay.delete(workspaceId);
      }
    },
  };
}

function busy(message: string): AppError {
  return new AppError('RATE_LIMITED', message, {
    hint: `Try again in ${retryAfterSeconds} s, or end one that is under way.`,
    details: { retryAfterSeconds },
  });
}
