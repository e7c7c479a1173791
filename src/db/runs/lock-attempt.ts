import type { PoolClient } from 'pg';
import type { ClaimedRun } from '../../core/run-store.ts';
import { lockRun } from './lock-run.ts';
import type { RunRow } from './run-row.ts';

/** The run, locked, while this attempt is the one that works on it. Null: it has ended or another has taken over. */
export async function lockAttempt(client: PoolClient, claimed: ClaimedRun): Promise<RunRow | null> {
  const run = await lockRun(client, claimed.run.workspaceId, claimed.run.id, 'end');
  return run !== null && run.status === 'RUNNING' && run.attempt === claimed.attempt ? run : null;
}
