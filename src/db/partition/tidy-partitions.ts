import type { Pool } from 'pg';
import type { ProcessLog } from '../../core/process-log.ts';
import { type Kept, keepPartitions } from './keep-partitions.ts';
import type { Retention } from './partitioned-tables.ts';

/** Keeps the partitions as `keepPartitions` does, and tells the process log what came of it. */
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
  if (busy.length > 0) log.warn({ busy }, 'Partitions are in use; they are made or dropped at the next look');
  if (strays > 0) log.warn({ rows: strays }, 'Rows have ids of a wrong time: the clock of a process was wrong');
}
