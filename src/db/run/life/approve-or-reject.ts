import type { PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { Actor } from '../../../core/access.ts';
import type { RunRecord } from '../../../core/records.ts';
import { appendLines } from '../log/append-lines.ts';
import { sendRunJob } from '../queue/run-jobs.ts';
import { lockConnectionOf, lockRun, type RunRow, toRun } from '../run-row.ts';
import { closeRun } from './close-run.ts';
import { moveRun } from './move-run.ts';

/** Queues a HELD run again, to apply its plan. `outdated`: its connection was edited or deleted since. */
export async function approveRun(
  boss: PgBoss,
  client: PoolClient,
  workspaceId: string,
  runId: string,
  by: Actor,
): Promise<{ kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'outdated' | 'unknown' }> {
  const version = await lockConnectionOf(client, workspaceId, runId);
  const run = await lockRun(client, workspaceId, runId, 'end');
  if (run === null) return { kind: 'unknown' };
  if (run.status !== 'HELD') return { kind: 'not_held' };
  // A revert without a connection was started after the connection had been deleted.
  const needsNone = run.reverts !== null && run.connection_id === null;
  if (!needsNone && version !== run.connection_version) return { kind: 'outdated' };
  await appendLines(client, workspaceId, runId, [
    { level: 'INFO', code: 'APPROVED', message: `Approved by ${by.name}: the plan is applied as it stands.` },
  ]);
  const approved = await moveRun(client, { workspaceId, runId }, { event: 'APPROVED', by });
  if (run.reverts === null) await allowAgain(client, run);
  await sendRunJob(boss, client, workspaceId, runId);
  return { kind: 'done', run: toRun(approved ?? run) };
}

/** Allows the next run to repeat what was reverted before this run: a person has approved the plan that says so. */
function allowAgain(client: PoolClient, run: RunRow) {
  return client.query(
    'DELETE FROM taken_back WHERE taken_back.workspace_id = $1 AND taken_back.connection_id = $2 AND taken_back.change_set < $3',
    [run.workspace_id, run.connection_id, run.id],
  );
}

/** Ends a HELD run. Its plan and its counts stay and can be looked at. */
export async function rejectRun(
  client: PoolClient,
  workspaceId: string,
  runId: string,
  by: Actor,
): Promise<{ kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'unknown' }> {
  const run = await lockRun(client, workspaceId, runId, 'end');
  if (run === null) return { kind: 'unknown' };
  if (run.status !== 'HELD') return { kind: 'not_held' };
  return { kind: 'done', run: toRun(await closeRun(client, run, { status: 'REJECTED', by })) };
}
