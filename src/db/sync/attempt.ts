import type { Pool, PoolClient } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { RemovalPolicy } from '../../core/connection.ts';
import { inTransaction, workingOn } from '../in-transaction.ts';
import { isLost, tryAgain } from '../try-again.ts';
import type { Patience } from './patience.ts';

/** Which run, and with which fencing number, something is written for. */
export type Attempt = {
  /** For what is not done patiently by itself. */
  pool: Pool;
  patience: Patience;
  workspaceId: string;
  runId: string;
  connectionId: string;
  removal: RemovalPolicy;
  attempt: number;
  /** The table in which the run's plan is: `kept_plan_row` once somebody has approved it. */
  plan: 'plan_row' | 'kept_plan_row';
  /** What is added to a plan's positions in the history. */
  base: number;
};

export function fencedOff(): AppError {
  return new AppError('FENCED', 'Another worker has taken over this run.', {
    hint: 'Nothing is to be done: the other worker goes on with it.',
  });
}

/** The parameters that lead every statement of a run: $1 the workspace, $2 the run. */
export function key({ workspaceId, runId }: Attempt): [string, string] {
  return [workspaceId, runId];
}

/**
 * A transaction that writes for the attempt, and that is ended by whoever takes over where the worker has been lost in it. It is
 * done once: a lost connection is waited out, and where no answer came to the COMMIT, the database is asked what came of it.
 */
export function transaction<T>(attempt: Attempt, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return attempt.patience.patiently(async () => {
    let xid: string | null = null;
    let done: { result: T } | null = null;
    try {
      return await inTransaction(
        attempt.pool,
        async (client) => {
          xid = await attempt.patience.begun(client);
          const result = await work(client);
          done = { result };
          return result;
        },
        workingOn(attempt.runId),
      );
    } catch (error) {
      // Whatever broke before the COMMIT was sent has been rolled back.
      const sent = done as { result: T } | null;
      if (sent === null || xid === null || !isLost(error)) throw error;
      if (await attempt.patience.hasCommitted(xid)) return sent.result;
      throw error;
    }
  });
}

/**
 * A transaction in which this attempt is sure to be the run's newest until it commits. Others may change the run's row
 * meanwhile, but not end the run or take it over.
 */
export function fenced<T>(attempt: Attempt, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return tryAgain(() => fencedOnce(attempt, work));
}

function fencedOnce<T>(attempt: Attempt, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return transaction(attempt, async (client) => {
    const { rowCount } = await client.query(
      `SELECT FROM run WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING' FOR KEY SHARE`,
      [...key(attempt), attempt.attempt],
    );
    if (rowCount !== 1) throw fencedOff();
    return work(client);
  });
}
