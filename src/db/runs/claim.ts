import type { Pool } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { RunJob } from '../../core/run-queue.ts';
import type { ClaimedRun } from '../../core/run-store.ts';
import { claimRun, planOf } from './claim-run.ts';
import { endRun } from './end-run.ts';
import { inTransaction, workingOn } from './in-transaction.ts';
import { type OpenSecret, readSecrets } from './read-secrets.ts';
import { toRun } from './run-row.ts';

/**
 * Claims a run and opens what its source needs. A run whose secrets can't be opened ends FAILED with that error, and there
 * is nothing to be done.
 */
export async function claim(pool: Pool, open: OpenSecret, job: RunJob): Promise<ClaimedRun | null> {
  const row = await inTransaction(pool, (client) => claimRun(client, job), workingOn(job.runId));
  if (row === null) return null;
  const claimed: ClaimedRun = {
    run: toRun(row),
    attempt: row.attempt,
    settings: row.settings,
    secrets: { bindPassword: null },
    planStands: planOf(row),
  };
  try {
    claimed.secrets = await readSecrets(pool, open, row.workspace_id, row.connection_id);
    return claimed;
  } catch (fault) {
    if (!(fault instanceof AppError)) throw fault;
    const error = { code: fault.code, message: fault.message, hint: fault.hint };
    await inTransaction(pool, (client) => endRun(client, claimed, { status: 'FAILED', error }), workingOn(job.runId));
    return null;
  }
}
