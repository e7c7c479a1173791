import type { PoolClient } from 'pg';
import type { ClaimedRun } from '../../core/run-store.ts';
import { appendLines } from './append-lines.ts';
import { lockAttempt } from './lock-attempt.ts';
import { tellRun } from './tell-run.ts';

/**
 * Lets a run wait in the queue again. Its job ends now, so it counts as lost and gets another; that is no fault of a worker,
 * and not counted among the attempts after which a run is given up.
 */
export async function giveWay(client: PoolClient, claimed: ClaimedRun): Promise<void> {
  const run = await lockAttempt(client, claimed);
  if (run === null) return;
  // By its phase the next attempt knows that the plan is complete.
  const goesOn = run.phase === 'APPLYING';
  const then = goesOn ? 'applying goes on' : 'it starts over';
  const message = `All slots were taken by runs of this workspace while another workspace waited: this run makes way, and ${then} when it has its turn.`;
  await appendLines(client, run.workspace_id, run.id, [{ level: 'INFO', code: 'RUN_MADE_WAY', message }]);
  await client.query(
    `UPDATE run SET status = 'QUEUED', phase = $3, gave_way = gave_way + 1, changed_at = clock_timestamp()
     WHERE run.workspace_id = $1 AND run.id = $2`,
    [run.workspace_id, run.id, goesOn ? run.phase : 'WAITING'],
  );
  await tellRun(client, { workspaceId: run.workspace_id, runId: run.id, connectionId: run.connection_id });
}
