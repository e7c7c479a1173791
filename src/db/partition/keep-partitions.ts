import type { ClientBase, Pool } from 'pg';
import type { ProcessLog } from '../../core/process-log.ts';
import { type Added, addPartitions } from './add-partitions.ts';
import { type Dropped, dropPartitions } from './drop-partitions.ts';
import { partitionedTables, type Retention } from './partitioned-tables.ts';
import { unitFor } from './periods.ts';

export type KeepOptions = {
  retention: Retention;
  /** Default: the database's clock. For dropping, the earlier of it and this process's clock, so that one wrong clock drops nothing. */
  now?: Date;
  /** How long others may have to wait for us. */
  lockTimeoutMs?: number;
  /** How often each partition that is in use is tried. */
  tries?: number;
  pauseMs?: number;
};

/** What was done. `busy`: partitions that others used, or that another process was making or dropping. */
export type Kept = Added & Dropped;

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Makes the partitions that are needed now and soon, and drops those that are too old. Any number of processes may do this at
 * once.
 */
export async function keepPartitions(client: ClientBase, options: KeepOptions): Promise<Kept> {
  const added = await makePartitions(client, options);
  const dropped = await dropOld(client, options);
  return { ...added, ...dropped, busy: [...added.busy, ...dropped.busy] };
}

/** Makes the partitions that are needed now and soon. */
export async function makePartitions(
  client: ClientBase,
  { retention, now, lockTimeoutMs = 2000 }: KeepOptions,
): Promise<Added> {
  const at = (now ?? (await databaseTime(client))).getTime();
  const all: Added = { made: [], movedRows: 0, busy: [], strays: 0 };
  for (const table of partitionedTables) {
    const days = table.days(retention);
    const added = await addPartitions(client, table, { unit: unitFor(days), days, now: at, lockTimeoutMs });
    all.made.push(...added.made);
    all.busy.push(...added.busy);
    all.movedRows += added.movedRows;
    all.strays += added.strays;
  }
  return all;
}

async function dropOld(
  client: ClientBase,
  { retention, now, lockTimeoutMs = 2000, tries = 3, pauseMs = 1000 }: KeepOptions,
): Promise<Dropped> {
  const at = now?.getTime() ?? Math.min((await databaseTime(client)).getTime(), Date.now());
  const all: Dropped = { dropped: [], busy: [] };
  for (const table of partitionedTables) {
    const before = at - table.days(retention) * dayMs;
    const { dropped, busy } = await dropPartitions(client, table, { before, lockTimeoutMs, tries, pauseMs });
    all.dropped.push(...dropped);
    all.busy.push(...busy);
  }
  return all;
}

async function databaseTime(client: ClientBase): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return rows[0]?.now ?? new Date();
}

/** Does what `keepPartitions` does, and writes the result into the process log. */
export async function tidyPartitions(
  pool: Pool,
  retention: Retention,
  log: ProcessLog & { info(details: object, message: string): void },
): Promise<void> {
  const client = await pool.connect();
  let kept: Kept;
  try {
    kept = await keepPartitions(client, { retention });
  } catch (error) {
    client.release(true);
    throw error;
  }
  client.release();
  const { made, dropped, busy, movedRows, strays } = kept;
  if (made.length + dropped.length > 0) log.info({ made, dropped, movedRows }, 'Partitions were made or dropped');
  if (busy.length > 0) log.warn({ busy }, 'Partitions are in use; they are made or dropped later');
  if (strays > 0) log.warn({ rows: strays }, 'Rows have ids of a wrong time: the clock of a process was wrong');
}
