import type { PoolClient } from 'pg';
import type { Actor } from '../../core/access.ts';
import type { ConnectionSettings } from '../../core/connection.ts';
import type { RunRecord } from '../../core/records.ts';
import type { RunCounts, RunError, StartRunMode } from '../../core/run.ts';
import { isUuid } from '../../core/uuid.ts';

/** A row of `run`, as node-postgres returns `runColumns`. */
export type RunRow = Pick<
  RunRecord,
  'id' | 'mode' | 'review' | 'trigger' | 'status' | 'phase' | 'counts' | 'excluded' | 'progress'
> & {
  workspace_id: string;
  connection_id: string | null;
  /** The run's connection, if it is deleted. Null: it is not. */
  former_connection_id: string | null;
  connection_name: string;
  connection_version: number;
  settings: ConnectionSettings;
  asked_mode: StartRunMode;
  mode_reason: string | null;
  dry_run: boolean;
  started_by: Actor;
  queued_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  error: RunError | null;
  hold_reasons: string[];
  decided_by: Actor | null;
  decided_at: Date | null;
  cancelled_by: Actor | null;
  attempt: number;
  /** Attempts that ended because the database was lost, not the worker. */
  database_losses: number;
  /** Attempts that ended to leave the slot to a waiting workspace. */
  gave_way: number;
  last_seq: number;
  /** The position up to which the plan is applied. A bigint, which node-postgres returns as text. */
  applied_position: string;
  /** Added to the plan's positions in the history. Above 0 when an earlier plan of the run was lost while it was applied. */
  position_base: string;
  /** What was applied of that earlier plan. */
  applied_before: AppliedCounts | null;
  /** The token of the server memory that holds the plan, which a crash of the server clears. Null: the plan survives a crash. */
  plan_memory: string | null;
  /** The run that this one reverts. Null: it is an ordinary run. */
  reverts: string | null;
};

/** The counts of changes to contacts. */
export type AppliedCounts = Pick<
  RunCounts,
  'created' | 'updated' | 'linked' | 'reactivated' | 'deactivated' | 'deleted'
>;

/** Whether the run has changed any contact. */
export function hasApplied(run: RunRow): boolean {
  return run.applied_position !== '0' || run.position_base !== '0';
}

/** SQL: the columns of a RunRow, of a table named `run`. */
export const runColumns = [
  'id',
  'workspace_id',
  'connection_id',
  'former_connection_id',
  'connection_name',
  'connection_version',
  'settings',
  'asked_mode',
  'mode',
  'mode_reason',
  'dry_run',
  'review',
  'trigger',
  'started_by',
  'status',
  'phase',
  'counts',
  'excluded',
  'progress',
  'queued_at',
  'started_at',
  'finished_at',
  'error',
  'hold_reasons',
  'decided_by',
  'decided_at',
  'cancelled_by',
  'attempt',
  'database_losses',
  'gave_way',
  'last_seq',
  'applied_position',
  'position_base',
  'applied_before',
  'plan_memory',
  'reverts',
]
  .map((column) => `run.${column}`)
  .join(', ');

/** The run as the rest of the service knows it. */
export function toRun(row: RunRow): RunRecord {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    connectionId: row.connection_id,
    connectionName: row.connection_name,
    connectionVersion: row.connection_version,
    mode: row.mode,
    modeReason: row.mode_reason,
    dryRun: row.dry_run,
    review: row.review,
    trigger: row.trigger,
    startedBy: row.started_by,
    status: row.status,
    phase: row.phase,
    counts: row.counts,
    excluded: row.excluded,
    progress: row.progress,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    error: row.error,
    holdReasons: row.hold_reasons,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    lastSeq: row.last_seq,
  };
}

/** SQL: a connection's settings, as a run keeps them. Without secrets. */
export const settingsOfConnection = `jsonb_build_object('kind', connection.kind, 'source', connection.source,
  'scope', connection.scope, 'mappings', connection.mappings, 'removal', connection.removal,
  'matchBy', connection.match_by, 'photo', connection.photo, 'priority', connection.priority)`;

/**
 * Locks the run until the transaction ends, so that its state and its log have one writer. Null: there is no such run. Use
 * `end` to end the run or to give it to another worker: that also waits for the worker's transactions under way, and blocks
 * new ones.
 */
export async function lockRun(
  client: PoolClient,
  workspaceId: string,
  runId: string,
  to: 'write' | 'end',
): Promise<RunRow | null> {
  if (!isUuid(runId)) return null;
  const { rows } = await client.query<RunRow>(
    `SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.id = $2 FOR ${to === 'end' ? 'UPDATE' : 'NO KEY UPDATE'}`,
    [workspaceId, runId],
  );
  return rows[0] ?? null;
}

/**
 * The version of a run's connection. Locks the connection until the transaction ends, so that it is not edited or deleted meanwhile. Lock
 * it before the run, in the order in which a deletion locks them. Null: there is no such run, or its connection is deleted.
 */
export async function lockConnectionOf(client: PoolClient, workspaceId: string, runId: string): Promise<number | null> {
  if (!isUuid(runId)) return null;
  const { rows } = await client.query<{ version: number }>(
    `SELECT connection.version FROM run
     JOIN connection ON connection.workspace_id = run.workspace_id AND connection.id = run.connection_id
     WHERE run.workspace_id = $1 AND run.id = $2 FOR SHARE OF connection`,
    [workspaceId, runId],
  );
  return rows[0]?.version ?? null;
}
