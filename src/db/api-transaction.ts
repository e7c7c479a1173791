import type { PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { AppError } from '../core/app-error.ts';
import type { Allow, Deadline } from '../core/deadline.ts';
import { API_ROLE } from './pool/api-login.ts';
import { poolOf } from './pool/api-source.ts';
import { breakOff, socketOf } from './pool/pg-client.ts';
import { type Answer, type Statement, sendStatement } from './pool/send-statement.ts';
import type { StatementStopper } from './pool/statement-stopper.ts';
import type { Query } from './query.ts';

/** A transaction that sees one workspace. Its statements run one after another. */
export type Transaction = { workspaceId: string; query: Query; client: PoolClient };

/** A transaction that also saves entities. */
export type WriteTransaction = Transaction & { entities: EntityManager };

/** Connections that work as the API's role, and the stopper of their statements. */
export type ApiConnections = {
  apiSource: DataSource;
  stopper: Pick<StatementStopper, 'stop'>;
  /** How long reads and writes outside of an operation may take, e.g. when somebody signs in. Default: 10. */
  ownSeconds?: number;
};

/** After this long, a session that has not ended its statement is closed: the server, or the way to it, is frozen. */
const STOP_PATIENCE_MS = 2000;
/** The server's time limit for a statement ends this long after the deadline. */
const BEHIND_MS = 1000;

/** One of the reads that shared a transaction has failed. The transaction rolls back; the other reads go on in another one. */
export class BrokenRead extends Error {
  /** Rejects the read that has failed. */
  readonly tell: () => void;

  constructor(tell: () => void) {
    super('A read has failed, and with it the transaction that it shared.');
    this.tell = tell;
  }
}

/** A connection of the pool that is in use. */
export type Borrowed = { client: PoolClient; release(): unknown };

export async function borrowToRead(source: DataSource): Promise<Borrowed> {
  const client = await poolOf(source).connect();
  return { client, release: () => client.release() };
}

export async function borrowToWrite(source: DataSource): Promise<Borrowed & Pick<WriteTransaction, 'entities'>> {
  const runner = source.createQueryRunner();
  const client: PoolClient = await runner.connect();
  return { client, release: () => runner.release(), entities: runner.manager };
}

/** Holds a connection while `work` goes on, but no longer than until the deadline's signal aborts. */
export async function inApiTransaction<B extends Borrowed, T>(
  { apiSource, stopper }: ApiConnections,
  allow: Allow,
  until: 'signal' | 'timeOver',
  borrow: (source: DataSource) => Promise<B>,
  work: (borrowed: B, deadline: Deadline | null) => Promise<T>,
): Promise<T> {
  const { deadline, end } = await allow();
  try {
    const signal = deadline?.[until];
    signal?.throwIfAborted();
    // A free connection comes at once.
    const isFree = poolOf(apiSource).idleCount > poolOf(apiSource).waitingCount;
    const borrowed = await (isFree ? borrow(apiSource) : inTime(borrow(apiSource), signal));
    const { client } = borrowed;
    const ending = stopOnAbort(client, stopper, signal);
    try {
      const result = await work(borrowed, deadline);
      await ending();
      return result;
    } catch (error) {
      await ending();
      apiSource.logger.logQuery('ROLLBACK');
      await client.query('ROLLBACK').catch(() => discard(client));
      throw signal?.aborted && !(error instanceof BrokenRead) ? signal.reason : error;
    } finally {
      await borrowed.release();
    }
  } finally {
    end();
  }
}

/** Waits for a connection. One that comes too late goes back to the pool at once. */
async function inTime<B extends Borrowed>(borrowing: Promise<B>, signal: AbortSignal | undefined): Promise<B> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([borrowing, aborted]);
  } catch (error) {
    borrowing.then(({ release }) => release()).catch(() => {});
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
export function begin(
  client: PoolClient,
  workspaceId: string,
  opening: string,
  deadline: Deadline | null,
  log: (sql: string) => void,
): { transaction: Transaction; begun: Promise<void> } {
  const limitMs = limitOf(deadline);
  const limit = limitMs === null ? '' : `set_config('statement_timeout', '${limitMs}', true), `;
  const sql = `${opening}; SELECT ${limit}set_config('app.workspace_id', '${workspaceId}', true), current_user AS role`;
  log(sql);
  sendTogether(client);
  const begun = client.query(sql).then(requireApiRole);
  // If a read fails as well, its error is reported and nobody awaits this one.
  begun.catch(() => {});
  const query: Query = async <Row>(text: string, values: readonly unknown[] = [], kept?: 'kept'): Promise<Row[]> => {
    log(text);
    if (kept === undefined) return (await client.query({ text, values: [...values] })).rows;
    return (await sendStatement<Row>(client, { text, values, isKept: true })).rows;
  };
  return { transaction: { workspaceId, query, client }, begun };
}

/** Later than our own deadline: for the case that this process is too busy to notice it. */
function limitOf(deadline: Deadline | null): number | null {
  return deadline === null ? null : Math.ceil(deadline.msLeft()) + BEHIND_MS;
}

/** Reads with a statement that is a separate transaction, in one message to the session. */
export async function readAlone<Row>(
  client: PoolClient,
  workspaceId: string,
  statement: Statement,
  deadline: Deadline | null,
): Promise<Row[]> {
  const sight = { workspaceId, limitMs: limitOf(deadline) };
  const { rows, role }: Answer<Row> = await sendStatement(client, statement, sight);
  if (role !== API_ROLE) throw wrongRole();
  return rows;
}

/** Sends what is written until the next tick in one piece, because each write to the socket costs more than most statements. */
function sendTogether(client: PoolClient): void {
  const stream = socketOf(client);
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Checks that the result of the last statement has the API's role. Throws when it does not. */
function requireApiRole(results: unknown): void {
  const last: { rows?: { role?: string }[] } | undefined = Array.isArray(results) ? results.at(-1) : undefined;
  if (last?.rows?.[0]?.role !== API_ROLE) throw wrongRole();
}

function wrongRole(): AppError {
  return new AppError('DATABASE_UNAVAILABLE', `A connection of the API does not work as ${API_ROLE}.`);
}

/** Takes the connection out of the pool, because its state is unknown. */
export function discard(client: PoolClient): void {
  // We don't wait for it: on a broken network it may take long. The pool drops a client that is ending.
  (client as unknown as { end(): Promise<void> }).end().catch(() => {});
}
