import type { PoolClient } from 'pg';
import type { Actor } from '../../../core/access.ts';
import type { RunCounts, RunError } from '../../../core/run.ts';
import { type RunEvent, runStates, stepsOf } from '../../../core/run-state.ts';
import { RUN_CHANNEL } from '../../signals/open-run-signals.ts';
import { type RunRow, runColumns } from '../run-row.ts';

/** A move, and what is stored with it. What is left out stays as it is. */
export type RunMove = {
  event: RunEvent;
  /** The fencing number under which the run must still be worked on. Left out: the caller has locked the run. */
  attempt?: number;
  /** The person who approved, rejected or cancelled the run. Null: nobody. */
  by?: Actor | null;
  error?: RunError;
  counts?: RunCounts;
};

/** SQL: a run's state as one text. */
const standing = `run.status || ' ' || run.phase`;

/**
 * Moves a run from one state to the next. This is the only statement that changes `status` and `phase` of an existing run. It
 * also sets the attempt, the times and the person, closes the connection's open run, and notifies all processes. Null: this
 * attempt no longer works on the run. Throws when the event can't happen in the run's state: that is a bug of ours.
 */
export async function moveRun(
  client: PoolClient,
  { workspaceId, runId }: { workspaceId: string; runId: string },
  { event, attempt, by, error, counts }: RunMove,
): Promise<RunRow | null> {
  const steps = stepsOf(event);
  const ends = steps.every(([, to]) => runStates[to].phase === 'FINISHED');
  const { rows } = await client.query<RunRow>(
    `WITH moved AS (
       UPDATE run SET
         status = $3::jsonb->(${standing})->>'status',
         phase = $3::jsonb->(${standing})->>'phase',
         changed_at = clock_timestamp(),
         attempt = run.attempt + CASE WHEN $4 LIKE 'TAKEN%' THEN 1 ELSE 0 END,
         mode = CASE WHEN $4 <> 'TAKEN_TO_READ' OR run.asked_mode = 'FULL' OR run.reverts IS NOT NULL THEN run.mode END,
         mode_reason = CASE WHEN $4 <> 'TAKEN_TO_READ' OR run.reverts IS NOT NULL THEN run.mode_reason END,
         started_at = CASE WHEN $4 LIKE 'TAKEN%' THEN coalesce(run.started_at, clock_timestamp()) ELSE run.started_at END,
         gave_way = run.gave_way + CASE $4 WHEN 'GAVE_WAY' THEN 1 ELSE 0 END,
         decided_by = CASE WHEN $4 IN ('APPROVED', 'REJECTED') THEN $6::jsonb ELSE run.decided_by END,
         decided_at = CASE WHEN $4 IN ('APPROVED', 'REJECTED') THEN clock_timestamp() ELSE run.decided_at END,
         cancelled_by = CASE $4 WHEN 'CANCELLED' THEN coalesce($6::jsonb, run.cancelled_by) ELSE run.cancelled_by END,
         error = coalesce($7::jsonb, run.error),
         counts = coalesce($8::jsonb, run.counts),
         progress = CASE WHEN $4 IN ('SUCCEEDED', 'PARTLY_FAILED') THEN 1 ELSE run.progress END,
         finished_at = CASE WHEN $9 THEN clock_timestamp() ELSE run.finished_at END
       WHERE run.workspace_id = $1 AND run.id = $2 AND $3::jsonb ? (${standing})
         AND ($5::integer IS NULL OR run.status = 'RUNNING' AND run.attempt = $5)
       RETURNING ${runColumns}),
     closed AS (
       DELETE FROM open_run USING moved
       WHERE $9 AND open_run.workspace_id = $1 AND open_run.connection_id = coalesce(moved.connection_id, moved.former_connection_id)
         AND open_run.run_id = $2)
     SELECT moved.*, pg_notify($10, concat_ws(' ', $1, $2, coalesce(moved.connection_id::text, '-'),
         CASE WHEN $9 THEN 'ended' ELSE 'changed' END)) AS told FROM moved`,
    [
      workspaceId,
      runId,
      Object.fromEntries(
        steps.map(([from, to]) => [`${runStates[from].status} ${runStates[from].phase}`, runStates[to]]),
      ),
      event,
      attempt ?? null,
      by ?? null,
      error ?? null,
      counts ?? null,
      ends,
      RUN_CHANNEL,
    ],
  );
  return rows[0] ?? refused(client, workspaceId, runId, { event, attempt });
}

async function refused(
  client: PoolClient,
  workspaceId: string,
  runId: string,
  { event, attempt }: RunMove,
): Promise<null> {
  const { rows } = await client.query<Pick<RunRow, 'status' | 'phase' | 'attempt'>>(
    'SELECT run.status, run.phase, run.attempt FROM run WHERE run.workspace_id = $1 AND run.id = $2',
    [workspaceId, runId],
  );
  const run = rows[0];
  if (attempt !== undefined && (run?.status !== 'RUNNING' || run.attempt !== attempt)) return null;
  throw new Error(`${event} can't happen to a run that is ${run?.status ?? 'gone'}, ${run?.phase ?? ''}`);
}
