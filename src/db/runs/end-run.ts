import type { PoolClient } from 'pg';
import type { ClaimedRun, RunStore } from '../../core/run-store.ts';
import { cancelRequest } from './cancel-request.ts';
import { closeRun } from './close-run.ts';
import { lockAttempt } from './lock-attempt.ts';

/** Ends a run under its fencing number. False: another attempt has taken over, or it has ended; nothing was written. */
export async function endRun(
  client: PoolClient,
  claimed: ClaimedRun,
  ending: Parameters<RunStore['end']>[1],
): Promise<boolean> {
  const run = await lockAttempt(client, claimed);
  if (run === null) return false;
  const by = ending.status === 'FAILED' ? null : await cancelRequest(client, run.workspace_id, run.id);
  await closeRun(client, run, ending.status === 'FAILED' ? ending : { status: 'CANCELLED', by });
  return true;
}
