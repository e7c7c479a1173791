import { AppError } from '../core/app-error.ts';
import type { ConnectionTest } from '../core/source-session.ts';
import type { StoredFiles } from '../core/stored-files.ts';
import { lendFiles } from './lend-files.ts';
import type { FromTester, TestTask, ToReader } from './read-messages.ts';
import { type ReadingThreads, threadFailure } from './reading-threads.ts';
import type { Source } from './source/source-module.ts';

/** Longest time for a test, whatever the connection's own time limits are. The answer then tells how far the test came. */
const longestSeconds = 60;
/** A thread that has not answered this much later is stuck. */
const graceSeconds = 15;

/**
 * Tests a source in a reading thread. A hostile source can only fill the limited memory of that thread. When `signal` aborts, the
 * thread ends, and its sockets with it. Throws an AppError or the signal's reason.
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

/** The thread's part: the test itself, with a time limit. */
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
  return new AppError('TIMEOUT', `The test did not end within ${longestSeconds} s.`, {
    hint: 'Look whether the server or the network is overloaded.',
  });
}

/** Tests of connections that run at the same time in this process. */
const ofOneWorkspace = 2;
const ofAll = 16;

/** When a client should try again. Most tests take less. */
const retryAfterSeconds = 5;

/** Limits the tests that run at the same time: those of one workspace, and all together. */
export function testSlots() {
  const underWay = new Map<string, number>();
  const total = (): number => [...underWay.values()].reduce((sum, one) => sum + one, 0);
  return {
    /** Does the work. Throws AppError RATE_LIMITED when no slot is free. */
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
