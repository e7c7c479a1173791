import type { PoolClient } from 'pg';
import { RUN_CHANNEL } from '../channels.ts';

/** Tells all processes, once the transaction commits, that a run or its log has changed. A move of the run tells so itself. */
export async function tellRun(
  client: PoolClient,
  run: { workspaceId: string; runId: string; connectionId: string | null },
): Promise<void> {
  await client.query('SELECT pg_notify($1, $2)', [
    RUN_CHANNEL,
    `${run.workspaceId} ${run.runId} ${run.connectionId ?? '-'} changed`,
  ]);
}
