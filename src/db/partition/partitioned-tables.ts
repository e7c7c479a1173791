import type { ClientBase } from 'pg';
import { sqlState } from '../database-failure.ts';
import { momentOfId, type Period } from './periods.ts';

/** How many days the log and the history are kept. */
export type Retention = { logDays: number; historyDays: number };

export const defaultRetention: Retention = { logDays: 90, historyDays: 730 };

/**
 * A table that is partitioned by the time in a UUID of version 7. `days`: how long its rows are kept, counted from that time
 * (`start`) or from the end of the run with that id (`end`).
 */
export type PartitionedTable = {
  name: string;
  key: string;
  days: (retention: Retention) => number;
  countedFrom: 'start' | 'end';
  /** The table whose partition of the same time must be dropped first, because its rows refer to rows of this one. */
  after?: string;
};

/** How many days a plan that was not applied is kept. */
const keptPlanDays = 7;

/** A run is kept as long as the history. A log or a plan is never kept longer than its run. */
export const partitionedTables: readonly PartitionedTable[] = [
  {
    name: 'run_log',
    key: 'run_id',
    days: ({ logDays, historyDays }) => Math.min(logDays, historyDays),
    countedFrom: 'start',
  },
  {
    name: 'kept_plan_row',
    key: 'run_id',
    days: ({ historyDays }) => Math.min(keptPlanDays, historyDays),
    countedFrom: 'end',
  },
  { name: 'contact_feed_batch', key: 'change_set', days: ({ historyDays }) => historyDays, countedFrom: 'start' },
  {
    name: 'contact_change',
    key: 'change_set',
    days: ({ historyDays }) => historyDays,
    countedFrom: 'start',
    // A batch of the feed without its changes would look like one in which nothing has changed.
    after: 'contact_feed_batch',
  },
  { name: 'run', key: 'id', days: ({ historyDays }) => historyDays, countedFrom: 'start' },
];

/** The partition for rows that fit no other one. */
export function defaultOf({ name }: PartitionedTable): string {
  return `${name}_default`;
}

export type Partition = Period & { name: string };

/** An arbitrary number. A transaction that makes or drops a partition holds this lock until it ends. */
const PARTITION_LOCK = 5_406_210_315;

/**
 * Does one step on the partitions in a separate transaction. Only one process at a time does one. Nobody waits for a
 * lock longer than the timeout. `busy`: the timeout passed, and nothing was done.
 */
export async function partitionStep<T>(
  client: ClientBase,
  lockTimeoutMs: number,
  step: () => Promise<T>,
): Promise<T | 'busy'> {
  await client.query('BEGIN');
  try {
    await client.query(
      `SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL idle_in_transaction_session_timeout = '10s';
       SELECT pg_advisory_xact_lock(${PARTITION_LOCK})`,
    );
    const result = await step();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    if (sqlState(error) === LOCK_NOT_AVAILABLE) return 'busy';
    throw error;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

/** All partitions but the default one, in order of time. */
export async function partitionsOf(client: ClientBase, { name }: Pick<PartitionedTable, 'name'>): Promise<Partition[]> {
  const { rows } = await client.query<{ name: string; bound: string }>(
    `SELECT child.relname AS name, pg_get_expr(child.relpartbound, child.oid) AS bound
     FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
     WHERE pg_inherits.inhparent = $1::regclass`,
    [name],
  );
  return rows
    .flatMap(({ name, bound }) => {
      const [, from, to] = /FROM \('([0-9a-f-]{36})'\) TO \('([0-9a-f-]{36})'\)/.exec(bound) ?? [];
      return from === undefined || to === undefined ? [] : [{ name, from: momentOfId(from), to: momentOfId(to) }];
    })
    .sort((a, b) => a.from - b.from);
}
