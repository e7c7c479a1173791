import type { PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { Actor } from '../../../core/access.ts';
import { isEnded } from '../../../core/run.ts';
import type { RevertRefusal, StoredRevert } from '../../../core/run-store.ts';
import { lockConnectionOf, lockRun, type RunRow } from '../run-row.ts';
import { startRun } from './start-run.ts';

/** Inserts a run that reverts another one, and its job, in the caller's transaction. */
export async function startRevert(
  boss: PgBoss,
  client: PoolClient,
  workspaceId: string,
  runId: string,
  by: Actor,
): Promise<StoredRevert> {
  await lockConnectionOf(client, workspaceId, runId);
  const run = await lockRun(client, workspaceId, runId, 'write');
  if (run === null) return { kind: 'unknown' };
  const refusal = await refusalOf(client, run);
  if (refusal !== null) return { kind: refusal };
  const connectionDeleted = run.connection_id === null;
  const because = `It takes back what the run ${run.id} of ${run.queued_at.toISOString()} has changed.`;
  const started = await startRun(boss, client, {
    workspaceId,
    connectionId: run.connection_id ?? run.former_connection_id ?? '',
    mode: 'AUTO',
    trigger: 'REVERT',
    startedBy: by,
    dryRun: false,
    review: false,
    reverts: { runId: run.id, because, connectionDeleted },
  });
  switch (started.kind) {
    case 'started':
      return started;
    case 'off':
      return { kind: 'off' };
    case 'already_running':
      return { kind: 'busy' };
    default:
      throw new Error(`The revert of a run whose connection is locked can't start: ${started.kind}`);
  }
}

async function refusalOf(client: PoolClient, run: RunRow): Promise<RevertRefusal | null> {
  if (!isEnded(run.status)) return 'not_ended';
  const connection = run.connection_id === null ? 'former_connection_id' : 'connection_id';
  const { created, updated, linked, reactivated, deactivated, deleted } = run.counts;
  const counted = created + updated + linked + reactivated + deactivated + deleted;
  const { rows } = await client.query<{ any: boolean; already: boolean }>(
    `SELECT EXISTS (SELECT FROM contact_change AS change
         WHERE change.workspace_id = $1 AND change.change_set = $2 AND ${applied}) AS any,
       EXISTS (SELECT FROM run AS back
         WHERE back.workspace_id = $1 AND back.${connection} = $3 AND back.queued_at >= $4 AND back.reverts = $2
           AND back.status = 'SUCCEEDED' AND NOT EXISTS (
             SELECT FROM contact_change AS change
             WHERE change.workspace_id = $1 AND change.change_set = back.id AND NOT (${applied}))
           AND NOT EXISTS (
             SELECT FROM run AS again WHERE again.workspace_id = $1 AND again.${connection} = $3 AND again.queued_at >= $4
               AND again.reverts = back.id AND again.status IN ('SUCCEEDED', 'PARTIAL', 'CANCELLED', 'FAILED')
               AND EXISTS (SELECT FROM contact_change AS change
                 WHERE change.workspace_id = $1 AND change.change_set = again.id AND ${applied}))) AS already`,
    [run.workspace_id, run.id, run[connection], run.queued_at],
  );
  const { any = false, already = false } = rows[0] ?? {};
  if (run.dry_run || (!any && counted === 0) || run.status === 'REJECTED') return 'nothing';
  if (!any) return 'history_gone';
  return already ? 'already' : null;
}

/** SQL: a row of the history that changed something. */
const applied = `change.outcome IS NULL AND change.action <> 'SKIP'`;
