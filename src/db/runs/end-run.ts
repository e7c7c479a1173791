import type { PoolClient } from 'pg';
import type { ClaimedRun } from '../../core/run-store.ts';
import { closeRun, type RunEnding } from './close-run.ts';
import { lockAttempt } from './lock-attempt.ts';

/** Ends a run under its fencing number. False: another attempt has taken over, or it has ended; nothing was written. */
export async function endRun(client: PoolClient, claimed: ClaimedRun, ending: RunEnding): Promise<boolean> {
  const run = await lockAttempt(client, claimed);
  if (run === null) return false;
  await closeRun(client, run, ending);
  return true;
}
