import { setTimeout as wait } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { type Partition, type PartitionedTable, partitionStep, partitionsOf } from './partitioned-tables.ts';
import { lowestIdAt } from './periods.ts';

/**
 * `busy`: partitions that could not be dropped, because others used the table all the time; the next call tries again.
 */
export type Dropped = { dropped: string[]; busy: string[] };

/**
 * `before`: partitions that end before this time may be dropped. Each try blocks others for at most the lock timeout.
 */
export type DropOptions = { before: number; lockTimeoutMs: number; tries: number; pauseMs: number };

/**
 * Drops whole partitions whose retention is over. It deletes no single row. A partition with a run that has not ended
 * stays. (DETACH CONCURRENTLY is not possible when there is a default partition.)
 */
export async function dropPartitions(
  client: ClientBase,
  table: PartitionedTable,
  options: DropOptions,
): Promise<Dropped> {
  const done: Dropped = { dropped: [], busy: [] };
  for (const partition of await partitionsOf(client, table)) {
    if (partition.to > options.before) continue;
    const outcome = await tryToDrop(client, table, partition, options);
    if (outcome !== 'needed') done[outcome].push(partition.name);
  }
  return done;
}

async function tryToDrop(
  client: ClientBase,
  table: PartitionedTable,
  partition: Partition,
  { before, lockTimeoutMs, tries, pauseMs }: DropOptions,
): Promise<'dropped' | 'busy' | 'needed'> {
  for (let left = tries; ; left--) {
    const outcome = await partitionStep(client, lockTimeoutMs, () =>
      dropUnlessNeeded(client, table, partition, before),
    );
    if (outcome !== 'busy' || left <= 1) return outcome;
    await wait(pauseMs);
  }
}

async function dropUnlessNeeded(
  client: ClientBase,
  table: PartitionedTable,
  { name, from, to }: Partition,
  before: number,
): Promise<'dropped' | 'needed' | 'busy'> {
  const { rows } = await client.query<{ needed: boolean }>(
    `SELECT EXISTS (SELECT FROM open_run WHERE open_run.run_id >= $1 AND open_run.run_id < $2)
       OR $3 AND EXISTS (SELECT FROM run WHERE run.id >= $1 AND run.id < $2 AND run.finished_at > $4) AS needed`,
    [lowestIdAt(from), lowestIdAt(to), table.countedFrom === 'end', new Date(before)],
  );
  if (rows[0]?.needed !== false) return 'needed';
  const first = table.after === undefined ? [] : await partitionsOf(client, { name: table.after });
  if (first.some((other) => other.from < to && other.to > from)) return 'busy';
  // The parent first, in the order in which readers and writers lock.
  await client.query(`LOCK TABLE ONLY "${table.name}" IN ACCESS EXCLUSIVE MODE`);
  // Another process may have been faster.
  await client.query(`DROP TABLE IF EXISTS "${name}"`);
  return 'dropped';
}
