import type { PoolClient } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { AppError } from '../core/app-error.ts';
import { isUuid } from '../core/uuid.ts';
import { API_ROLE } from './api-role.ts';
import type { Query } from './query.ts';
import { tryAgain } from './try-again.ts';

/** A transaction that sees one workspace. Its statements are sent one after another. */
export type Transaction = { workspaceId: string; query: Query; entities: EntityManager; client: PoolClient };

export type WorkspaceScope = {
  readonly workspaceId: string;
  /** Reads; those asked for while others wait share a transaction with them. Never ask for one within another. */
  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Writes, in a transaction of its own; a deadlock with a sync is tried again, so `work` may run more than once. */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
};

type Job = {
  work: (transaction: Transaction) => Promise<unknown>;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
};

/** Deleting a connection changes all of its contacts. */
const WRITE_TIMEOUT = '15min';

/** Transactions of the API's role with this workspace set. Throws for a workspace id that is no UUID. */
export function workspaceScope(source: DataSource, workspaceId: string): WorkspaceScope {
  if (!isUuid(workspaceId)) throw new Error('A workspace id is a UUID.');
  const waiting: Job[] = [];
  let working = false;
  const workOff = async () => {
    while (waiting.length > 0) await readTogether(source, workspaceId, waiting);
    working = false;
  };
  return {
    workspaceId,
    read: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({ work, resolve, reject });
        if (working) return;
        working = true;
        void workOff();
      }),
    write: (work) => tryAgain(() => writeAlone(source, workspaceId, work)),
  };
}

/** One transaction for all that waits and comes while it goes on; it ends early when a read fails, which breaks it. */
async function readTogether(source: DataSource, workspaceId: string, waiting: Job[]): Promise<void> {
  const runner = source.createQueryRunner();
  try {
    const transaction = await begin(runner, workspaceId, 'BEGIN READ ONLY').catch((error: unknown) => {
      // No connection for one is none for the others that wait.
      for (const job of waiting.splice(0)) job.reject(error);
      return null;
    });
    if (transaction === null) return await discard(runner);
    const sound = await workThrough(transaction, waiting);
    await runner.query(sound ? 'COMMIT' : 'ROLLBACK').catch(() => discard(runner));
  } finally {
    await runner.release();
  }
}

async function workThrough(transaction: Transaction, waiting: Job[]): Promise<boolean> {
  for (let job = await next(waiting); job !== undefined; job = await next(waiting)) {
    try {
      job.resolve((await job.work(transaction)) as never);
    } catch (error) {
      job.reject(error);
      return false;
    }
  }
  return true;
}

/** Whoever got an answer just now has one turn of the event loop to ask the next question. */
async function next(waiting: Job[]): Promise<Job | undefined> {
  if (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  return waiting.shift();
}

async function writeAlone<T>(
  source: DataSource,
  workspaceId: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    const transaction = await begin(runner, workspaceId, `BEGIN; SET LOCAL statement_timeout = '${WRITE_TIMEOUT}'`);
    const result = await work(transaction);
    await runner.query('COMMIT');
    return result;
  } catch (error) {
    await runner.query('ROLLBACK').catch(() => discard(runner));
    throw error;
  } finally {
    await runner.release();
  }
}

/** One round trip. The workspace is a UUID, so it may stand in the text; the role is checked, as everything rests on it. */
async function begin(runner: QueryRunner, workspaceId: string, opening: string): Promise<Transaction> {
  const client: PoolClient = await runner.connect();
  const sql = `${opening}; SELECT set_config('app.workspace_id', '${workspaceId}', true), current_user AS role`;
  runner.dataSource.logger.logQuery(sql);
  const results: unknown = await client.query(sql);
  const last: { rows?: { role?: string }[] } | undefined = Array.isArray(results) ? results.at(-1) : undefined;
  if (last?.rows?.[0]?.role !== API_ROLE) {
    throw new AppError('DATABASE_UNAVAILABLE', `A connection of the API does not work as ${API_ROLE}.`);
  }
  const query: Query = (text, parameters) => runner.query(text, [...(parameters ?? [])]);
  return { workspaceId, query, entities: runner.manager, client };
}

/** Takes the connection out of the pool: what state it is in is not known. */
async function discard(runner: QueryRunner): Promise<void> {
  if (runner.isReleased) return;
  const client: PoolClient | undefined = await runner.connect().catch(() => undefined);
  // Not waited for: on a broken network it may take long. The pool drops a client that is ending.
  (client as unknown as { end(): Promise<void> } | undefined)?.end().catch(() => {});
}
