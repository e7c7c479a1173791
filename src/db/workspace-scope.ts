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

/** A transaction that sees one workspace. Its statements are sent one after another. */
export type Transaction = { workspaceId: string; query: Query; entities: EntityManager; client: PoolClient };

export type WorkspaceScope = {
  readonly workspaceId: string;
  /**
   * Reads; those asked for while others wait share a transaction with them. Never ask for one within another. Ends, with the
   * deadline's reason, when nobody waits for the answer any more.
   */
  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** The same of a single statement: where nothing else waits, its transaction begins, reads and ends in one round trip. */
  readOne: Query;
  /**
   * Writes, in a transaction of its own; a deadlock with a sync is tried again, so `work` may run more than once. Ends, with
   * nothing saved, when the time is over.
   */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
};

/** Connections that work as the API's role, and what ends their statements. */
export type ApiConnections = {
  apiSource: DataSource;
  stopper: Pick<StatementStopper, 'stop'>;
  /** How long looks of our own may take, as when somebody signs in. Default: 10. */
  ownSeconds?: number;
};

type Job = {
  work: (transaction: Transaction) => Promise<unknown>;
  /** Its statement is sent as soon as it is told to work, and is all that it asks. */
  isOne: boolean;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
};

/** A session that has not ended its statement by then is broken off: its server, or the way to it, is frozen. */
const STOP_PATIENCE_MS = 2000;
/** A statement's own time limit is this much behind the deadline. */
const BEHIND_MS = 1000;

const OWN_SECONDS = 10;

/**
 * Reads that share a transaction. A long download asks for its next page as soon as it has one: in one transaction all its
 * pages would have to be read before one deadline.
 */
const MOST_READS_TOGETHER = 20;

/** The session's own time limit is of no use while its server is frozen. */
function ownTime({ ownSeconds = OWN_SECONDS }: ApiConnections): Allow {
  return async () => {
    const deadline = startDeadline(ownSeconds, undefined, noAnswer);
    return { deadline, end: deadline.end };
  };
}

function noAnswer(): AppError {
  return new AppError('DATABASE_UNAVAILABLE', 'The database does not answer.');
}

/** Transactions of the API's role with this workspace set. Throws for a workspace id that is no UUID. */
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

/** One transaction for what waits and comes while it goes on, so many reads at most; a read that fails breaks it. */
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
    // No connection for one is none for the others that wait.
    for (const job of waiting.splice(0)) job.reject(error);
  }
}

/** What failed was told to whoever asked for it; the others go on in another transaction. */
const brokenByRead = new Error('A read has failed, and with it the transaction that it shared.');

/**
 * The first read is on its way while the transaction begins, and so is the end behind a read that is the only one; answers are
 * given only once the transaction has begun as it should.
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
  // All that was asked for has been answered.
  await end();
}

/** Whoever got an answer just now has one turn of the event loop to ask the next question. */
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

/** Holds a connection while `work` goes on, and no longer than until the deadline's signal aborts. */
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

/** Waits for a connection, which goes back at once when it comes too late. */
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
 * Ends the session's statement when the signal aborts, and breaks the connection off when that is of no use. Returns what
 * is called at the end of the work: it waits for an ending that is under way, which would otherwise hit who comes next.
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
 * Sends the beginning of a transaction; `begun` resolves when the session has the workspace, and rejects where it does not work
 * as the API's role, as everything rests on that. The workspace is a UUID, so it may stand in the text.
 */
async function begin(
  runner: QueryRunner,
  workspaceId: string,
  opening: string,
  deadline: Deadline | null,
): Promise<{ transaction: Transaction; begun: Promise<void> }> {
  const client: PoolClient = await runner.connect();
  // Behind our own: for a process that is too busy to see that the time is over.
  const limit =
    deadline === null ? '' : `set_config('statement_timeout', '${Math.ceil(deadline.msLeft()) + BEHIND_MS}', true), `;
  const sql = `${opening}; SELECT ${limit}set_config('app.workspace_id', '${workspaceId}', true), current_user AS role`;
  runner.dataSource.logger.logQuery(sql);
  sendTogether(client);
  const begun = client.query(sql).then(requireApiRole);
  // A read that fails, too, is told of first; then nobody looks at this one.
  begun.catch(() => {});
  const query: Query = async (text, parameters = [], name = undefined) => {
    runner.dataSource.logger.logQuery(text);
    return (await client.query({ text, values: [...parameters], name })).rows;
  };
  return { transaction: { workspaceId, query, entities: runner.manager, client }, begun };
}

/** What is sent until the event loop goes on leaves in one piece: each write costs more than most statements. */
function sendTogether(client: PoolClient): void {
  const stream = socketOf(client);
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Of the answers to several statements, the last one's tells the role. */
function requireApiRole(results: unknown): void {
  const last: { rows?: { role?: string }[] } | undefined = Array.isArray(results) ? results.at(-1) : undefined;
  if (last?.rows?.[0]?.role === API_ROLE) return;
  throw new AppError('DATABASE_UNAVAILABLE', `A connection of the API does not work as ${API_ROLE}.`);
}

/** Takes the connection out of the pool: what state it is in is not known. */
async function discard(runner: QueryRunner): Promise<void> {
  if (runner.isReleased) return;
  const client: PoolClient | undefined = await runner.connect().catch(() => undefined);
  // Not waited for: on a broken network it may take long. The pool drops a client that is ending.
  (client as unknown as { end(): Promise<void> } | undefined)?.end().catch(() => {});
}
