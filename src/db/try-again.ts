import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseLost } from '../core/database-trouble.ts';
import { sqlState } from './database-failure.ts';

const mostTries = 5;

/** The database has ended a deadlock. */
const DEADLOCK = '40P01';
/** The transaction waited for a lock longer than its lock_timeout. */
const LOCK_TIMEOUT = '55P03';

/** Runs a whole transaction, and runs it again when another transaction blocked it. `work` gets the number of the try, from 1. */
export async function tryAgain<T>(work: (tries: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work(tries);
    } catch (error) {
      const state = sqlState(error);
      if (tries === mostTries || (state !== DEADLOCK && state !== LOCK_TIMEOUT)) throw error;
    }
  }
}

/**
 * How long a lost database is waited for, counted from the first failure. A restart or a failover takes a minute at
 * most.
 */
const patienceMs = 120_000;
const firstPauseMs = 50;
const longestPauseMs = 2000;

const networkCodes = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/;
/** Connection failures, too many connections, a session ended by others or for being idle, a server that starts or stops. */
const lostStates = /^(08...|53300|57P0[123]|25P03)$/;
/** Errors of node-postgres and its pool that have no code. */
const lostMessages =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Client was closed)/;

/** Whether the connection to the database failed, not the statement. */
export function isLost(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && networkCodes.test(code)) return true;
  return lostStates.test(sqlState(error) ?? '') || lostMessages.test(String(message));
}

/**
 * Does the work, and does it again when the connection to the database was lost. The pauses between tries grow. `beforeAgain`
 * runs before each further try, and may throw to end them.
 *
 * @throws DatabaseLost when the database stays away, or the signal's reason when the signal aborts.
 */
export async function waitOut<T>(
  work: () => Promise<T>,
  { signal, beforeAgain }: { signal?: AbortSignal; beforeAgain?: () => Promise<void> } = {},
): Promise<T> {
  let since: number | null = null;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      if (since !== null) await beforeAgain?.();
      return await work();
    } catch (error) {
      if (!isLost(error)) throw error;
      since ??= performance.now();
      if (performance.now() - since > patienceMs) {
        throw new DatabaseLost('The database was away for too long.', { startOver: false, cause: error });
      }
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
      signal?.throwIfAborted();
    }
  }
}
