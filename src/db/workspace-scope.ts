import { AppError } from '../core/app-error.ts';
import { type Allow, startDeadline } from '../core/deadline.ts';
import { isUuid } from '../core/uuid.ts';
import {
  type ApiConnections,
  begin,
  brokenByRead,
  discard,
  inApiTransaction,
  type Transaction,
} from './api-transaction.ts';
import type { Query } from './query.ts';
import { tryAgain } from './try-again.ts';

export type WorkspaceScope = {
  readonly workspaceId: string;
  /**
   * Reads. Reads that wait at the same time share a transaction. Never start a read inside another one. Rejects with the
   * deadline's reason when nobody waits for the answer any more.
   */
  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Reads with a single statement. If no other read waits, the transaction begins, reads and ends in one round trip. */
  readOne: Query;
  /**
   * Writes, in a transaction of its own. It is tried again after a deadlock with a sync, so `work` may run more than once. Rejects,
   * with nothing saved, when the time is over.
   */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
};

type Job = {
  work: (transaction: Transaction) => Promise<unknown>;
  /** The job sends a single statement, as soon as it is called. */
  isOne: boolean;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
};

const OWN_SECONDS = 10;

/**
 * At most this many reads share a transaction. A long download asks for its next page as soon as it has one. In one transaction,
 * all its pages would have to be read before one deadline.
 */
const MOST_READS_TOGETHER = 20;

/** The deadline for work outside of an operation. The session's own time limit does not help while the server is frozen. */
function ownTime({ ownSeconds = OWN_SECONDS }: ApiConnections): Allow {
  return async () => {
    const deadline = startDeadline(ownSeconds, undefined, noAnswer);
    return { deadline, end: deadline.end };
  };
}

function noAnswer(): AppError {
  return new AppError('DATABASE_UNAVAILABLE', 'The database does not answer.');
}

/** Transactions of the API's role that see this workspace. Throws for a workspace id that is not a UUID. */
export function workspaceScope(
  connections: ApiConnections,
  workspaceId: string,
  allow: Allow = ownTime(connections),
): WorkspaceScope {
  if (!isUuid(workspaceId)) throw new Error('A workspace id is a UUID.');
  const waiting: Job[] = [];
  let working = false;
  const workOff = async () => {
    while (waiting.length > 0) await readTogether(connections, workspaceId, allow, waiting);
    working = false;
  };
  const read = <T>(work: Job['work'], isOne: boolean): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.push({ work, isOne, resolve, reject });
      if (working) return;
      working = true;
      void workOff();
    });
  return {
    workspaceId,
    read: (work) => read(work, false),
    readOne: (...statement) => read(({ query }) => query(...statement), true),
    write: (work) => tryAgain(() => writeAlone(connections, workspaceId, allow, work)),
  };
}

/** Reads in one transaction what waits now or comes while it goes on, up to MOST_READS_TOGETHER. A failed read ends it. */
async function readTogether(
  connections: ApiConnections,
  workspaceId: string,
  allow: Allow,
  waiting: Job[],
): Promise<void> {
  try {
    await inApiTransaction(connections, allow, 'signal', async (runner, deadline) => {
      const { transaction, begun } = await begin(runner, workspaceId, 'BEGIN READ ONLY', deadline);
      const end = () => {
        runner.dataSource.logger.logQuery('COMMIT');
        return transaction.client.query('COMMIT').catch(() => discard(runner));
      };
      await workThrough(transaction, begun, waiting, end, deadline?.signal);
    });
  } catch (error) {
    if (error === brokenByRead) return;
    // If there is no connection for one read, there is none for the others that wait.
    for (const job of waiting.splice(0)) job.reject(error);
  }
}

/**
 * Sends the first read together with the beginning of the transaction, and a single read also together with the end. Reads resolve
 * only when the transaction has begun correctly.
 */
async function workThrough(
  transaction: Transaction,
  begun: Promise<void>,
  waiting: Job[],
  end: () => Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let reads = 0; reads < MOST_READS_TOGETHER; reads++) {
    const job = await next(waiting);
    if (job === undefined) break;
    try {
      signal?.throwIfAborted();
      const working = Promise.all([job.work(transaction), begun]);
      const ended = job.isOne && waiting.length === 0 ? end() : null;
      const [answer] = await working;
      job.resolve(answer as never);
      if (ended !== null) return void (await ended);
    } catch (error) {
      job.reject(signal?.aborted ? signal.reason : error);
      throw brokenByRead;
    }
  }
  await begun;
  // All reads have been answered.
  await end();
}

/** The next read. The caller that has just got an answer has one turn of the event loop to ask for more. */
async function next(waiting: Job[]): Promise<Job | undefined> {
  if (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  return waiting.shift();
}

function writeAlone<T>(
  connections: ApiConnections,
  workspaceId: string,
  allow: Allow,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return inApiTransaction(connections, allow, 'timeOver', async (runner, deadline) => {
    const { transaction, begun } = await begin(runner, workspaceId, 'BEGIN', deadline);
    await begun;
    const result = await work(transaction);
    await runner.query('COMMIT');
    return result;
  });
}
