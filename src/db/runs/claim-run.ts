import type { PoolClient } from 'pg';
import { isEnded, type NewLogLine, noCounts } from '../../core/run.ts';
import type { RunJob } from '../../core/run-queue.ts';
import { appendLines } from './append-lines.ts';
import { cancelRequest } from './cancel-request.ts';
import { closeRun } from './close-run.ts';
import { lockRun } from './lock-run.ts';
import { hasLiveJob } from './run-jobs.ts';
import { type RunRow, runColumns } from './run-row.ts';
import { tellRun } from './tell-run.ts';

/** A run whose workers died this often is not tried again: it may be what kills them. */
const mostAttempts = 10;

/**
 * Takes a run for this job, with the next attempt as its fencing number. Null: it has ended, waits HELD, is worked on for
 * another job, or ended just now because that was wanted or because nothing helps.
 */
export async function claimRun(client: PoolClient, job: RunJob): Promise<RunRow | null> {
  const run = await lockRun(client, job.workspaceId, job.runId, 'end');
  if (run === null || isEnded(run.status) || run.status === 'HELD') return null;
  if (run.status === 'RUNNING' && (await hasLiveJob(client, run.id, job.id))) return null;
  if (await closeHopeless(client, run)) return null;
  const planStands = planOf(run);
  if (run.status === 'RUNNING') await appendLines(client, run.workspace_id, run.id, [resumedLine(run, planStands)]);
  const claimed = await takeRun(client, run, planStands);
  await tellRun(client, { workspaceId: run.workspace_id, runId: run.id, connectionId: run.connection_id });
  return claimed;
}

/** Whether the run's plan is complete, so that it only has to be applied. */
export const planOf = (run: RunRow): boolean => run.phase === 'APPLYING' || run.decided_at !== null;

async function closeHopeless(client: PoolClient, run: RunRow): Promise<boolean> {
  const by = await cancelRequest(client, run.workspace_id, run.id);
  if (by !== null || run.connection_id === null || !(await isOn(client, run.workspace_id))) {
    await closeRun(client, run, { status: 'CANCELLED', by });
    return true;
  }
  if (run.attempt < mostAttempts) return false;
  const error = {
    code: 'WORKER_LOST',
    message: `The process that worked on the run ended before the run did, ${mostAttempts} times.`,
    hint: "Look in the service's log for why it ends, e.g. for lack of memory, then run again.",
  };
  await closeRun(client, run, { status: 'FAILED', error });
  return true;
}

/** Whether the workspace has Contact Sync on. */
async function isOn(client: PoolClient, workspaceId: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM workspace WHERE workspace.id = $1 AND contact_sync_enabled', [
    workspaceId,
  ]);
  return rowCount === 1;
}

const resumedLine = (run: RunRow, planStands: boolean): NewLogLine => ({
  level: 'WARN',
  code: 'RUN_RESUMED',
  message: `The process that worked on this run is gone (attempt ${run.attempt}). ${
    planStands ? 'Applying goes on where it stopped.' : 'Nothing was applied yet: the run starts over.'
  }`,
});

async function takeRun(client: PoolClient, run: RunRow, planStands: boolean): Promise<RunRow> {
  const startsOver = !planStands;
  const { rows } = await client.query<RunRow>(
    `UPDATE run SET status = 'RUNNING', attempt = run.attempt + 1, mode = coalesce(run.mode, 'FULL'),
       started_at = coalesce(run.started_at, clock_timestamp()), changed_at = clock_timestamp(),
       phase = CASE WHEN $3 THEN 'CONNECTING' ELSE 'APPLYING' END,
       counts = CASE WHEN $3 THEN $4 ELSE run.counts END,
       excluded = CASE WHEN $3 THEN '{}' ELSE run.excluded END,
       progress = CASE WHEN $3 THEN NULL ELSE run.progress END
     WHERE run.workspace_id = $1 AND run.id = $2 RETURNING ${runColumns}`,
    [run.workspace_id, run.id, startsOver, noCounts],
  );
  return rows[0] ?? run;
}
