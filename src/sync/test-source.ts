import { AppError } from '../core/app-error.ts';
import type { ConnectionTest } from '../core/directory.ts';
import type { StoredFiles } from '../core/stored-files.ts';
import { lendFiles } from './lend-files.ts';
import type { FromTester, TestTask, ToReader } from './read-messages.ts';
import { type ReadingThreads, threadFailure } from './reading-threads.ts';
import type { Source } from './source/source-module.ts';

/** Longest time for a test, whatever the connection's own time limits come to. It tells then how far it has come. */
const longestSeconds = 60;
/** A thread that has said nothing so much later is stuck. */
const graceSeconds = 15;

/**
 * Tests a source in a reading thread: what a hostile one sends fills the memory of that thread at most, whose bounds are its
 * own. When `signal` aborts the thread is ended, and its sockets with it. Throws an AppError, the signal's reason, or a fault of ours.
 */
export async function testSource(
  { threads, files }: { threads: ReadingThreads; files: StoredFiles | null },
  task: TestTask,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  signal.throwIfAborted();
  const thread = threads.take();
  const outcome = Promise.withResolvers<ConnectionTest>();
  const lent = files === null ? null : lendFiles(files, outcome.reject);
  thread.on('message', (message: FromTester) => outcome.resolve(message.result));
  thread.on('error', (error) => outcome.reject(threadFailure(error)));
  thread.on('exit', () => outcome.reject(new Error('The thread of a test ended unexpectedly.')));
  const stuck = setTimeout(() => outcome.reject(tooLong()), (longestSeconds + graceSeconds) * 1000);
  const leave = (): void => outcome.reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    thread.postMessage({ kind: 'test', task, files: lent?.port ?? null } satisfies ToReader, lent ? [lent.port] : []);
    const result = await outcome.promise;
    threads.giveBack(thread);
    return result;
  } catch (error) {
    await thread.terminate();
    throw error;
  } finally {
    lent?.close();
    clearTimeout(stuck);
    signal.removeEventListener('abort', leave);
  }
}

/** The thread's part: the test itself, with an end. */
export async function testHere(
  { kind, settings, secrets, addresses }: TestTask,
  files: StoredFiles,
  sourceOf: (kind: string) => Source,
): Promise<ConnectionTest> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(tooLong()), longestSeconds * 1000);
  try {
    return await sourceOf(kind).test(settings, secrets, { addresses, files, signal: end.signal });
  } finally {
    clearTimeout(timer);
  }
}

function tooLong(): AppError {
  return new AppError('TIMEOUT', `The test did not come to its end within ${longestSeconds} s.`, {
    hint: 'Look whether the server or the network is overloaded.',
  });
}

/** Tests of connections at a time. */
const ofOneWorkspace = 2;
const ofAll = 16;

/** When to ask again. Most tests take less. */
const retryAfterSeconds = 5;

/** Lets so many tests run at a time in this process, of one workspace and of all. */
export function testSlots() {
  const underWay = new Map<string, number>();
  const total = (): number => [...underWay.values()].reduce((sum, one) => sum + one, 0);
  return {
    /** Does the work, or throws AppError RATE_LIMITED. */
    async run<T>(workspaceId: string, work: () => Promise<T>): Promise<T> {
      const own = underWay.get(workspaceId) ?? 0;
      if (own >= ofOneWorkspace) throw busy(`A workspace tests ${ofOneWorkspace} connections at a time.`);
      if (total() >= ofAll) throw busy('Too many connections are being tested.');
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
    hint: `Try again in ${retryAfterSeconds} s, or end a test that is under way.`,
    details: { retryAfterSeconds },
  });
}
