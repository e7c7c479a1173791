import type { Pool, PoolClient } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { RemovalPolicy } from '../../core/connection.ts';
import { inTransaction, workingOn } from '../runs/in-transaction.ts';

/** Which run, and with which fencing number, something is written for. */
export type Attempt = {
  pool: Pool;
  workspaceId: string;
  runId: string;
  connectionId: string;
  removal: RemovalPolicy;
  attempt: number;
};

export const fencedOff = (): AppError =>
  new AppError('FENCED', 'Another worker has taken over this run.', {
    hint: 'Nothing is to be done: the other worker goes on with it.',
  });

/** The parameters that lead every statement of a run: $1 the workspace, $2 the run. */
export const key = ({ workspaceId, runId }: Attempt): [string, string] => [workspaceId, runId];

/** A transaction that writes for the attempt, and that is ended by whoever takes over where the worker has been lost in it. */
export const transaction = <T>(attempt: Attempt, work: (client: PoolClient) => Promise<T>): Promise<T> =>
  inTransaction(attempt.pool, work, workingOn(attempt.runId));

/**
 * A transaction in which this attempt is sure to be the run's newest until it commits. Others may change the run's row
 * meanwhile, but not end the run or take it over.
 */
export const fenced = <T>(attempt: Attempt, work: (client: PoolClient) => Promise<T>): Promise<T> =>
  transaction(attempt, async (client) => {
    const { rowCount } = await client.query(
      `SELECT FROM run WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING' FOR KEY SHARE`,
      [...key(attempt), attempt.attempt],
    );
    if (rowCount !== 1) throw fencedOff();
    return work(client);
  });
