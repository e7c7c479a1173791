import { setTimeout as wait } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { isLockTimeout, type Partition, type PartitionedTable, partitionsOf } from './partitioned-tables.ts';
import { lowestIdAt } from './periods.ts';

/** `busy`: others used the table all the time; the next look tries again. */
export type Dropped = { dropped: string[]; busy: string[] };

/** `before`: what is older may go. Each try holds up others for at most the lock's timeout. */
export type DropOptions = { before: number; lockTimeoutMs: number; tries: number; pauseMs: number };

/**
 * Drops the partitions whose time is over, whole: no row is deleted. One with a run that has not ended stays. (A partition
 * can't be detached concurrently where there is a default one.)
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
  { lockTimeoutMs, tries, pauseMs }: DropOptions,
): Promise<'dropped' | 'busy' | 'needed'> {
  for (let left = tries; left > 0; left--) {
    try {
      return await dropUnlessNeeded(client, table, partition, lockTimeoutMs);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (left > 1) await wait(pauseMs);
    }
  }
  return 'busy';
}

async function dropUnlessNeeded(
  client: ClientBase,
  table: PartitionedTable,
  { name, from, to }: Partition,
  lockTimeoutMs: number,
): Promise<'dropped' | 'needed'> {
  await client.query('BEGIN');
  try {
    const { rows } = await client.query<{ needed: boolean }>(
      'SELECT EXISTS (SELECT FROM open_run WHERE open_run.run_id >= $1 AND open_run.run_id < $2) AS needed',
      [lowestIdAt(from), lowestIdAt(to)],
    );
    const needed = rows[0]?.needed !== false;
    if (!needed) {
      await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
      // The parent first, as those who read and write do.
      await client.query(`LOCK TABLE ONLY "${table.name}" IN ACCESS EXCLUSIVE MODE`);
      await client.query(`DROP TABLE "${name}"`);
    }
    await client.query('COMMIT');
    return needed ? 'needed' : 'dropped';
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
