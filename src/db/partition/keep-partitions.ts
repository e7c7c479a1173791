import type { ClientBase } from 'pg';
import { type Added, addPartitions } from './add-partitions.ts';
import { type Dropped, dropPartitions } from './drop-partitions.ts';
import { partitionedTables, type Retention } from './partitioned-tables.ts';
import { unitFor } from './periods.ts';

export type KeepOptions = {
  retention: Retention;
  /** Default: the database's clock; to drop by, no later than this process's own, so that one wrong clock drops nothing. */
  now?: Date;
  /** How long others may have to wait for a lock, and how often one is tried for. */
  lockTimeoutMs?: number;
  tries?: number;
  pauseMs?: number;
};

/** `kind` busy: another process is at it. */
export type Kept = { kind: 'busy' } | ({ kind: 'kept' } & Added & Dropped);

/** Any number; who makes or drops partitions holds it. */
const PARTITION_LOCK = 5_406_210_312;

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Makes the partitions that are needed now and soon, and drops those that are older than what is kept. Any number of processes
 * may try at once: one does it, the others find it busy.
 */
export async function keepPartitions(client: ClientBase, options: KeepOptions): Promise<Kept> {
  const locked = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [PARTITION_LOCK]);
  if (locked.rows[0]?.mine !== true) return { kind: 'busy' };
  return unlocking(client, async () => {
    const added = await makePartitions(client, options);
    const dropped = await dropOld(client, options);
    return { kind: 'kept', ...added, ...dropped, busy: [...added.busy, ...dropped.busy] };
  });
}

/** Makes the partitions that are needed now and soon. Waits for a process that is at it. */
export async function readyPartitions(client: ClientBase, options: KeepOptions): Promise<Added> {
  await client.query('SELECT pg_advisory_lock($1)', [PARTITION_LOCK]);
  return unlocking(client, () => makePartitions(client, options));
}

async function unlocking<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [PARTITION_LOCK]);
  }
}

async function makePartitions(
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
