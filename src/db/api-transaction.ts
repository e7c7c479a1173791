import type { PoolClient } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { AppError } from '../core/app-error.ts';
import type { Allow, Deadline } from '../core/deadline.ts';
import { API_ROLE } from './pool/api-login.ts';
import { breakOff, socketOf } from './pool/pg-client.ts';
import type { StatementStopper } from './pool/statement-stopper.ts';
import type { Query } from './query.ts';

/** A transaction that sees one workspace. Its statements run one after another. */
export type Transaction = { workspaceId: string; query: Query; entities: EntityManager; client: PoolClient };

/** Connections that work as the API's role, and the stopper of their statements. */
export type ApiConnections = {
  apiSource: DataSource;
  stopper: Pick<StatementStopper, 'stop'>;
  /** How long reads and writes outside of an operation may take, e.g. when somebody signs in. Default: 10. */
  ownSeconds?: number;
};

/** A session that has not ended its statement after this long is broken off: the server, or the way to it, is frozen. */
const STOP_PATIENCE_MS = 2000;
/** The server's time limit for a statement ends this long after the deadline. */
const BEHIND_MS = 1000;

/**
 * A read has failed and has been rejected already. The transaction that it shared rolls back; the other reads go on in another
 * one.
 */
export const brokenByRead = new Error('A read has failed, and with it the transaction that it shared.');

/** Holds a connection while `work` goes on, but no longer than until the deadline's signal aborts. */
export async function inApiTransaction<T>(
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
export async function begin(
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
export async function discard(runner: QueryRunner): Promise<void> {
  if (runner.isReleased) return;
  const client: PoolClient | undefined = await runner.connect().catch(() => undefined);
  // We don't wait for it: on a broken network it may take long. The pool drops a client that is ending.
  (client as unknown as { end(): Promise<void> } | undefined)?.end().catch(() => {});
}
