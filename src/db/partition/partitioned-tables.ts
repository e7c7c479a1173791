import type { ClientBase } from 'pg';
import { sqlState } from '../database-failure.ts';
import { momentOfId, type Period } from './periods.ts';

/** How long things are kept, in days. */
export type Retention = { logDays: number; historyDays: number };

export const defaultRetention: Retention = { logDays: 90, historyDays: 730 };

/**
 * A table that is partitioned by the time in an id of version 7, and how many days it is kept: from that time on, or from the
 * end of the run that has the id.
 */
export type PartitionedTable = {
  name: string;
  key: string;
  days: (retention: Retention) => number;
  countedFrom: 'start' | 'end';
};

/** Plans that were not applied can be looked at for so long. */
const keptPlanDays = 7;

/** Runs go with the history, and nobody comes upon a log or a plan without its run. */
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
  { name: 'contact_change', key: 'change_set', days: ({ historyDays }) => historyDays, countedFrom: 'start' },
  { name: 'run', key: 'id', days: ({ historyDays }) => historyDays, countedFrom: 'start' },
];

/** What takes the rows that no other partition does. */
export function defaultOf({ name }: PartitionedTable): string {
  return `${name}_default`;
}

export type Partition = Period & { name: string };

/** Any number; who makes or drops a partition holds it until its transaction ends. */
const PARTITION_LOCK = 5_406_210_315;

/**
 * One step on the partitions, in a transaction of its own: one process at a time, and nobody waits for anybody longer than the
 * lock's timeout. `busy`: that was over, and nothing is done.
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

/** All but the default one, by time. */
export async function partitionsOf(client: ClientBase, { name }: PartitionedTable): Promise<Partition[]> {
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
