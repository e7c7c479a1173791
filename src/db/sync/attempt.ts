import type { Pool, PoolClient } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { RemovalPolicy } from '../../core/connection.ts';
import type { IdSpace } from '../../core/plan.ts';
import { inTransaction, workingOn } from '../in-transaction.ts';
import { isLost, tryAgain } from '../try-again.ts';
import type { Patience } from './patience.ts';

/** The attempt that statements are sent for: a run and its fencing number. */
export type Attempt = {
  /** For work that `patience` does not do itself. */
  pool: Pool;
  patience: Patience;
  workspaceId: string;
  runId: string;
  /** A connection that is deleted is still in the history of its runs, and nowhere else. */
  connectionId: string;
  connectionDeleted: boolean;
  /** The id space of the run's source. */
  ids: IdSpace | null;
  removal: RemovalPolicy;
  /** Whether the connection maps managers, so that people are found by the names they have in the source. */
  mapsManagers: boolean;
  /** Whether photos are fetched, too. */
  photo: boolean;
  attempt: number;
  /** There is no such run: it is a trial, whose tables are temporary (see open-trials.ts). */
  isTrial?: true;
  /** The table of the run's plan: `kept_plan_row` when somebody has approved it. */
  plan: 'plan_row' | 'kept_plan_row';
  /** The number that is added to the plan's positions in the history. */
  base: number;
  /** The run that this one reverts. Null: it is an ordinary run. */
  reverts: string | null;
};

export function fencedOff(): AppError {
  return new AppError('FENCED', 'Another worker has taken over this run.', {
    hint: 'You need not do anything: the other worker continues the run.',
  });
}

/** The first parameters of every statement of a run: $1 workspace, $2 run. */
export function key({ workspaceId, runId }: Attempt): [string, string] {
  return [workspaceId, runId];
}

/**
 * A transaction that writes for the attempt. Its session carries the run's name, so that the worker that takes over a lost run
 * can end it. It takes effect once: a lost connection is waited out, and when the COMMIT got no answer, we ask the database
 * whether it committed.
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
      // If it broke before the COMMIT was sent, it was rolled back.
      const sent = done as { result: T } | null;
      if (sent === null || xid === null || !isLost(error)) throw error;
      if (await attempt.patience.hasCommitted(xid)) return sent.result;
      throw error;
    }
  });
}

/**
 * Locks the connection until the transaction ends. To be called before the run is locked, in the order in which a start and a deletion
 * lock: a start locks the connection, and then waits for a run that is ending.
 */
export async function lockConnection(client: PoolClient, { workspaceId, connectionId }: Attempt): Promise<void> {
  await client.query('SELECT FROM connection WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE', [
    workspaceId,
    connectionId,
  ]);
}

/**
 * A transaction during which this attempt stays the run's newest. Others may change the run's row meanwhile, but can't end the run
 * or take it over.
 */
export function fenced<T>(attempt: Attempt, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return tryAgain(() => fencedOnce(attempt, work));
}

function fencedOnce<T>(attempt: Attempt, work: (client: PoolClient) => Promise<T>): Promise<T> {
  // Nobody else can write to the tables of a trial.
  if (attempt.isTrial) return transaction(attempt, work);
  return transaction(attempt, async (client) => {
    const { rowCount } = await client.query(
      `SELECT FROM run WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND status = 'RUNNING' FOR KEY SHARE`,
      [...key(attempt), attempt.attempt],
    );
    if (rowCount !== 1) throw fencedOff();
    return work(client);
  });
}
