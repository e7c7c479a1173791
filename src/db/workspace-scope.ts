import type { PoolClient } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { AppError } from '../core/app-error.ts';
import { type Allow, type Deadline, startDeadline } from '../core/deadline.ts';
import { isUuid } from '../core/uuid.ts';
import { API_ROLE } from './pool/api-login.ts';
import { breakOff, socketOf } from './pool/pg-client.ts';
import type { StatementStopper } from './pool/statement-stopper.ts';
import type { Query } from './query.ts';
import { tryAgain } from './try-again.ts';

/** A transaction that sees one workspace. Its statements run one after another. */
export type Transaction = { workspaceId: string; query: Query; entities: EntityManager; client: PoolClient };

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

/** Connections that work as the API's role, and the stopper of their statements. */
export type ApiConnections = {
  apiSource: DataSource;
  stopper: Pick<StatementStopper, 'stop'>;
  /** How long reads and writes outside of an operation may take, e.g. when somebody signs in. Default: 10. */
  ownSeconds?: number;
};

type Job = {
  work: (transaction: Transaction) => Promise<unknown>;
  /** The job sends a single statement, as soon as it is called. */
  isOne: boolean;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
};

/** A session that has not ended its statement after this long is broken off: the server, or the way to it, is frozen. */
const STOP_PATIENCE_MS = 2000;
/** The server's time limit for a statement ends this long after the deadline. */
const BEHIND_MS = 1000;

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
    await inTransaction(connections, allow, 'signal', async (runner, deadline) => {
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

/** The failed read has been rejected already. The others go on in another transaction. */
const brokenByRead = new Error('A read has failed, and with it the transaction that it shared.');

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
  return inTransaction(connections, allow, 'timeOver', async (runner, deadline) => {
    const { transaction, begun } = await begin(runner, workspaceId, 'BEGIN', deadline);
    await begun;
    const result = await work(transaction);
    await runner.query('COMMIT');
    return result;
  });
}

/** Holds a connection while `work` goes on, but no longer than until the deadline's signal aborts. */
async function inTransaction<T>(
  { apiSource, stopper }: ApiConnections,
  allow: Allow,
  until: 'signal' | 'timeOver',
  work: (runner: QueryRunner, deadline: Deadline | null) => Promise<T>,
): Promise<T> {
  const { deadline, end } = await allow();
  try {
    const signal = deadline?.[until];
    const runner = await connect(apiSource, signal);
    const ending = stopOnAbort(await runner.connect(), stopper, signal);
    try {
      const result = await work(runner, deadline);
      await ending();
      return result;
    } catch (error) {
      await ending();
      await runner.query('ROLLBACK').catch(() => discard(runner));
      throw signal?.aborted && error !== brokenByRead ? signal.reason : error;
    } finally {
      await runner.release();
    }
  } finally {
    end();
  }
}

/** Waits for a connection. One that comes too late goes back to the pool at once. */
async function connect(source: DataSource, signal: AbortSignal | undefined): Promise<QueryRunner> {
  signal?.throwIfAborted();
  const runner = source.createQueryRunner();
  const connecting: Promise<unknown> = runner.connect();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([connecting, aborted]);
    return runner;
  } catch (error) {
    void connecting.catch(() => {}).then(() => runner.release());
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * Cancels the session's statement when the signal aborts, and breaks the connection off if that does not help. Call the returned
 * function at the end of the work. It waits for a cancellation that is under way, which could otherwise hit the next user's
 * statement.
 */
function stopOnAbort(
  client: PoolClient,
  stopper: ApiConnections['stopper'],
  signal: AbortSignal | undefined,
): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  let impatience: NodeJS.Timeout | undefined;
  const onAbort = () => {
    impatience = setTimeout(() => breakOff(client), STOP_PATIENCE_MS);
    stopping = stopper.stop(client).catch(() => breakOff(client));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return async () => {
    signal?.removeEventListener('abort', onAbort);
    await stopping;
    clearTimeout(impatience);
  };
}

/**
 * Sends the beginning of a transaction. `begun` resolves when the session has set the workspace, and rejects when it does not work
 * as the API's role: row-level security depends on that. The workspace is a UUID, so it may be part of the text.
 */
async function begin(
  runner: QueryRunner,
  workspaceId: string,
  opening: string,
  deadline: Deadline | null,
): Promise<{ transaction: Transaction; begun: Promise<void> }> {
  const client: PoolClient = await runner.connect();
  // Later than our own deadline: for the case that this process is too busy to notice it.
  const limit =
    deadline === null ? '' : `set_config('statement_timeout', '${Math.ceil(deadline.msLeft()) + BEHIND_MS}', true), `;
  const sql = `${opening}; SELECT ${limit}set_config('app.workspace_id', '${workspaceId}', true), current_user AS role`;
  runner.dataSource.logger.logQuery(sql);
  sendTogether(client);
  const begun = client.query(sql).then(requireApiRole);
  // If a read fails as well, its error is reported and nobody awaits this one.
  begun.catch(() => {});
  const query: Query = async (text, parameters = [], name = undefined) => {
    runner.dataSource.logger.logQuery(text);
    return (await client.query({ text, values: [...parameters], name })).rows;
  };
  return { transaction: { workspaceId, query, entities: runner.manager, client }, begun };
}

/** Sends what is written until the next tick in one piece, because each write to the socket costs more than most statements. */
function sendTogether(client: PoolClient): void {
  const stream = socketOf(client);
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** The result of the last statement has the role. Throws when it is not the API's role. */
function requireApiRole(results: unknown): void {
  const last: { rows?: { role?: string }[] } | undefined = Array.isArray(results) ? results.at(-1) : undefined;
  if (last?.rows?.[0]?.role === API_ROLE) return;
  throw new AppError('DATABASE_UNAVAILABLE', `A connection of the API does not work as ${API_ROLE}.`);
}

/** Takes the connection out of the pool, because its state is unknown. */
async function discard(runner: QueryRunner): Promise<void> {
  if (runner.isReleased) return;
  const client: PoolClient | undefined = await runner.connect().catch(() => undefined);
  // We don't wait for it: on a broken network it may take long. The pool drops a client that is ending.
  (client as unknown as { end(): Promise<void> } | undefined)?.end().catch(() => {});
}
