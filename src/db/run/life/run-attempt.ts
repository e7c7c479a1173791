import type { Pool, PoolClient } from 'pg';
import { isPlanComplete } from '../../../core/run-state.ts';
import type { AttemptState, ClaimedRun, RunStore } from '../../../core/run-store.ts';
import { appendLines } from '../log/append-lines.ts';
import { lockRun, type RunRow } from '../run-row.ts';
import { cancelRequest } from './cancel-run.ts';
import { closeRun } from './close-run.ts';
import { moveRun } from './move-run.ts';

/** Locks the run if this attempt still works on it. Null: the run has ended, or another attempt has taken over. */
export async function lockAttempt(client: PoolClient, claimed: ClaimedRun): Promise<RunRow | null> {
  const run = await lockRun(client, claimed.run.workspaceId, claimed.run.id, 'end');
  return run !== null && run.status === 'RUNNING' && run.attempt === claimed.attempt ? run : null;
}

/** Whether this attempt still works on the run, and whether somebody wants the run to stop. */
export async function attemptState(pool: Pool, claimed: ClaimedRun): Promise<AttemptState> {
  const { rows } = await pool.query<{ cancelled: boolean }>(
    `SELECT EXISTS (
       SELECT FROM run_cancel WHERE run_cancel.workspace_id = run.workspace_id AND run_cancel.run_id = run.id) AS cancelled
     FROM run
     WHERE run.workspace_id = $1 AND run.id = $2 AND run.attempt = $3`,
    [claimed.run.workspaceId, claimed.run.id, claimed.attempt],
  );
  if (rows[0] === undefined) return 'fenced';
  return rows[0].cancelled ? 'cancel_requested' : 'going_on';
}

/** Ends a run that this attempt works on. False: it has ended, or another attempt has taken over; nothing was written. */
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

/**
 * Puts a run back into the queue. Its job ends now; then the run has no job, counts as lost and gets another one. The attempt does
 * not count among the failed ones after which a run is given up.
 */
export async function giveWay(client: PoolClient, claimed: ClaimedRun): Promise<void> {
  const run = await lockAttempt(client, claimed);
  if (run === null) return;
  const then = isPlanComplete({ ...run, decidedAt: run.decided_at }) ? 'applying goes on' : 'it starts over';
  const message = `All slots were taken by runs of this workspace while another workspace waited: this run makes way, and ${then} when it has its turn.`;
  await appendLines(client, run.workspace_id, run.id, [{ level: 'INFO', code: 'RUN_MADE_WAY', message }]);
  await moveRun(client, { workspaceId: run.workspace_id, runId: run.id }, { event: 'GAVE_WAY' });
}
