import { AppError } from '../core/app-error.ts';
import { type Allow, startDeadline } from '../core/deadline.ts';
import { isUuid } from '../core/uuid.ts';
import {
  type ApiConnections,
  BrokenRead,
  begin,
  borrowToRead,
  borrowToWrite,
  discard,
  inApiTransaction,
  readAlone,
  type Transaction,
  type WriteTransaction,
} from './api-transaction.ts';
import type { Statement } from './pool/send-statement.ts';
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
   * Writes, in a separate transaction. It is tried again after a deadlock with a sync, so `work` may run more than
   * once. Rejects, with nothing saved, when the time is over.
   */
  write<T>(work: (transaction: WriteTransaction) => Promise<T>): Promise<T>;
};

type Job = {
  work: (transaction: Transaction) => Promise<unknown>;
  /** What `work` does, if it only sends a single statement; otherwise null. */
  one: Statement | null;
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
    const deadline = startDeadline(ownSeconds, { late: noAnswer });
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
  const read = <T>(work: Job['work'], one: Statement | null): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.push({ work, one, resolve, reject });
      if (working) return;
      working = true;
      void workOff();
    });
  return {
    workspaceId,
    read: (work) => read(work, null),
    readOne: (text, values = [], kept = undefined) =>
      read(({ query }) => query(text, values, kept), { text, values, isKept: kept !== undefined }),
    write: (work) => tryAgain(() => writeAlone(connections, workspaceId, allow, work)),
  };
}

/**
 * Reads in one transaction all that waits now or comes while it goes on, up to MOST_READS_TOGETHER. A failed read ends
 * the transaction.
 */
async function readTogether(
  connections: ApiConnections,
  workspaceId: string,
  allow: Allow,
  waiting: Job[],
): Promise<void> {
  const log = logOf(connections);
  try {
    await inApiTransaction(connections, allow, 'signal', borrowToRead, async ({ client }, deadline) => {
      const [first] = waiting;
      if (first?.one && waiting.length === 1) {
        deadline?.signal.throwIfAborted();
        waiting.shift();
        log(first.one.text);
        const reading = readAlone(client, workspaceId, first.one, deadline);
        return void (await reading.then(first.resolve as (rows: unknown[]) => void, (error) => {
          throw broken(first, error, deadline?.signal);
        }));
      }
      const { transaction, begun } = begin(client, workspaceId, 'BEGIN READ ONLY', deadline, log);
      await workThrough(transaction, begun, waiting, deadline?.signal);
      log('COMMIT');
      await client.query('COMMIT').catch(() => discard(client));
    });
  } catch (error) {
    if (error instanceof BrokenRead) return error.tell();
    // If there is no connection for one read, there is none for the others that wait.
    for (const job of waiting.splice(0)) job.reject(error);
  }
}

/** Sends the first read together with the beginning of the transaction. Reads resolve only when it has begun correctly. */
async function workThrough(
  transaction: Transaction,
  begun: Promise<void>,
  waiting: Job[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let reads = 0; reads < MOST_READS_TOGETHER; reads++) {
    const job = await next(waiting);
    if (job === undefined) break;
    try {
      signal?.throwIfAborted();
      const [answer] = await Promise.all([job.work(transaction), begun]);
      job.resolve(answer as never);
    } catch (error) {
      throw broken(job, error, signal);
    }
  }
  await begun;
}

function broken({ reject }: Job, error: unknown, signal: AbortSignal | undefined): BrokenRead {
  return new BrokenRead(() => reject(signal?.aborted ? signal.reason : error));
}

function logOf({ apiSource }: ApiConnections): (sql: string) => void {
  return (sql) => apiSource.logger.logQuery(sql);
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
  work: (transaction: WriteTransaction) => Promise<T>,
): Promise<T> {
  const log = logOf(connections);
  return inApiTransaction(connections, allow, 'timeOver', borrowToWrite, async ({ client, entities }, deadline) => {
    const { transaction, begun } = begin(client, workspaceId, 'BEGIN', deadline, log);
    await begun;
    const result = await work({ ...transaction, entities });
    log('COMMIT');
    await client.query('COMMIT');
    return result;
  });
}
