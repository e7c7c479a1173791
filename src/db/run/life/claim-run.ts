import type { PoolClient } from 'pg';
import { AppError } from '../../../core/app-error.ts';
import type { ConnectionStatus, Secrets } from '../../../core/connection.ts';
import { isEnded, noCounts, type RunError } from '../../../core/run.ts';
import type { RunJob } from '../../../core/run-queue.ts';
import { isPlanComplete } from '../../../core/run-state.ts';
import type { ClaimedRun } from '../../../core/run-store.ts';
import { planPositions } from '../../../core/sync-store.ts';
import { type OpenSecret, openSecrets, type SealedRow, sealedSecrets } from '../../secrets/connection-secrets.ts';
import { appendLines } from '../log/append-lines.ts';
import { hasLiveJob } from '../queue/run-jobs.ts';
import {
  type AppliedCounts,
  hasApplied,
  lockRun,
  type RunRow,
  runColumns,
  settingsOfConnection,
  toRun,
} from '../run-row.ts';
import { cancelRequest } from './cancel-run.ts';
import { closeRun } from './close-run.ts';
import { moveRun } from './move-run.ts';

/** A run whose workers have died this many times is not tried again. The run itself may be what kills them. */
const mostAttempts = 10;
/** The same for losses of the database. More are allowed, because another cause of the crashes is likely. */
const mostDatabaseLosses = 30;

/**
 * Takes a run for this job. The number of the attempt is its fencing number. Null: the run has ended, is HELD, or is worked on
 * for another job; or it ends here, because somebody cancelled it or it can't succeed. `databaseLost`: this process worked on
 * it until the database was lost.
 */
export async function claimRun(
  client: PoolClient,
  open: OpenSecret,
  job: RunJob,
  databaseLost: boolean,
): Promise<ClaimedRun | null> {
  const run = await lockRun(client, job.workspaceId, job.runId, 'end');
  if (run === null || isEnded(run.status) || run.status === 'HELD') return null;
  if (run.status === 'RUNNING' && (await hasLiveJob(client, run.id, job.id))) return null;
  if (await closeHopeless(client, run)) return null;
  const plan = await planOf(client, run);
  if (run.status === 'RUNNING' || plan === 'lost') await noteResumption(client, run, plan, databaseLost);
  const claimed =
    plan === 'stands'
      ? await claimPlan(client, run)
      : await claimToRead(client, open, plan === 'lost' ? await beginAgain(client, run) : run);
  return claimed;
}

/** `stands`: the plan is complete and only has to be applied. `lost`: it was complete, but the database has crashed since. */
type Plan = 'none' | 'stands' | 'lost';

async function planOf(client: PoolClient, run: RunRow): Promise<Plan> {
  if (!isPlanComplete({ ...run, decidedAt: run.decided_at })) return 'none';
  if (run.plan_memory === null) return 'stands';
  const { rows } = await client.query<{ token: string }>('SELECT token FROM server_memory');
  return rows[0]?.token === run.plan_memory ? 'stands' : 'lost';
}

/**
 * Prepares the run to read again. Its applied changes stay in its history and its counts; the new plan's positions come after
 * them. History rows of people who were left alone are deleted, because these people are looked at again.
 */
async function beginAgain(client: PoolClient, run: RunRow): Promise<RunRow> {
  const { created, updated, linked, reactivated, deactivated, deleted } = run.counts;
  const key = [run.workspace_id, run.id];
  const { rows } = await client.query<RunRow>(
    `UPDATE run SET plan_memory = NULL, applied_position = 0,
       position_base = position_base + CASE WHEN applied_position = 0 THEN 0 ELSE $3::bigint END,
       applied_before = CASE WHEN applied_position = 0 THEN applied_before ELSE $4::jsonb END
     WHERE run.workspace_id = $1 AND run.id = $2 RETURNING ${runColumns}`,
    [
      ...key,
      planPositions.end,
      { created, updated, linked, reactivated, deactivated, deleted } satisfies AppliedCounts,
    ],
  );
  await client.query(
    `DELETE FROM contact_change WHERE contact_change.workspace_id = $1 AND contact_change.change_set = $2
       AND (contact_change.action = 'SKIP' OR contact_change.outcome IS NOT NULL)`,
    key,
  );
  return rows[0] ?? run;
}

/** Claims a run to apply its plan. That reads nothing from the source, so it needs no secret. */
async function claimPlan(client: PoolClient, run: RunRow): Promise<ClaimedRun> {
  return toClaimed(await takePlan(client, run), {}, true);
}

async function claimToRead(client: PoolClient, open: OpenSecret, run: RunRow): Promise<ClaimedRun | null> {
  const row = await takeToRead(client, run);
  const fault = readingFault(row);
  const outcome = fault === null ? openOrFault(open, row) : { kind: 'fault' as const, fault };
  if (outcome.kind === 'opened') {
    return toClaimed(row, outcome.secrets, false);
  }
  await closeRun(client, row, { status: 'FAILED', error: outcome.fault });
  return null;
}

function toClaimed(row: RunRow, secrets: Secrets, planStands: boolean): ClaimedRun {
  return {
    run: toRun(row),
    attempt: row.attempt,
    settings: row.settings,
    secrets,
    planStands,
    askedMode: row.asked_mode,
    positionBase: Number(row.position_base),
    reverts: row.reverts,
    formerConnectionId: row.former_connection_id,
  };
}

async function closeHopeless(client: PoolClient, run: RunRow): Promise<boolean> {
  const by = await cancelRequest(client, run.workspace_id, run.id);
  if (by !== null || (run.connection_id === null && run.reverts === null) || !(await isOn(client, run.workspace_id))) {
    await closeRun(client, run, { status: 'CANCELLED', by });
    return true;
  }
  const error = whatFailsAlways(run);
  if (error === null) return false;
  await closeRun(client, run, { status: 'FAILED', error });
  return true;
}

function whatFailsAlways({ attempt, database_losses, gave_way }: RunRow): RunError | null {
  if (database_losses >= mostDatabaseLosses)
    return {
      code: 'DATABASE_LOST',
      message: `The database crashed or was lost while the run was worked on, ${mostDatabaseLosses} times.`,
      hint: "Look in the database's log for why it ends, e.g. for lack of memory, then run again.",
    };
  if (attempt - database_losses - gave_way < mostAttempts) return null;
  return {
    code: 'WORKER_LOST',
    message: `The process that worked on the run ended before the run did, ${mostAttempts} times.`,
    hint: "Look in the service's log for why it ends, e.g. for lack of memory, then run again.",
  };
}

/** Whether Contact Sync is on in the workspace. */
async function isOn(client: PoolClient, workspaceId: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM workspace WHERE workspace.id = $1 AND contact_sync_enabled', [
    workspaceId,
  ]);
  return rowCount === 1;
}

/** Writes into the run's log why the run is taken again, and how it goes on. */
async function noteResumption(client: PoolClient, run: RunRow, plan: Plan, databaseLost: boolean): Promise<void> {
  if (databaseLost)
    await client.query(
      'UPDATE run SET database_losses = database_losses + 1 WHERE run.workspace_id = $1 AND run.id = $2',
      [run.workspace_id, run.id],
    );
  const why =
    databaseLost || plan === 'lost'
      ? 'The database crashed or was lost while this run was worked on'
      : 'The process that worked on this run is gone';
  const then =
    plan === 'stands'
      ? 'Applying goes on where it stopped.'
      : hasApplied(run)
        ? 'What was applied stays: the run reads again, for the rest.'
        : 'Nothing was applied yet: the run starts over.';
  const message = `${why} (attempt ${run.attempt}). ${then}`;
  await appendLines(client, run.workspace_id, run.id, [{ level: 'WARN', code: 'RUN_RESUMED', message }]);
}

/** Goes on to apply the plan, with the settings that it was made with. */
async function takePlan(client: PoolClient, run: RunRow): Promise<RunRow> {
  return (await moveRun(client, { workspaceId: run.workspace_id, runId: run.id }, { event: 'TAKEN_TO_APPLY' })) ?? run;
}

type ReadRow = RunRow & { connection_status: ConnectionStatus; secrets: SealedRow[] };

/**
 * Starts over with the connection's current settings, secrets and version. One statement reads them all, so that an edit is in
 * all of them or in none.
 */
async function takeToRead(client: PoolClient, run: RunRow): Promise<ReadRow> {
  const key = { workspaceId: run.workspace_id, runId: run.id };
  await moveRun(client, key, { event: 'TAKEN_TO_READ', counts: { ...noCounts, ...run.applied_before } });
  if (run.connection_id === null) return takeWithoutConnection(client, run);
  const { rows } = await client.query<ReadRow>(
    `UPDATE run SET excluded = '{}', progress = NULL,
       settings = ${settingsOfConnection}, connection_version = connection.version, connection_name = connection.name
     FROM connection
     WHERE run.workspace_id = $1 AND run.id = $2
       AND connection.workspace_id = run.workspace_id AND connection.id = run.connection_id
     RETURNING ${runColumns}, connection.status AS connection_status, ${sealedSecrets} AS secrets`,
    [run.workspace_id, run.id],
  );
  const read = rows[0];
  // The deletion of a connection first cancels its runs, and this run is locked.
  if (read === undefined) throw new Error('A run that has not ended has lost its connection.');
  return read;
}

/** Starts a revert again whose connection is deleted. It keeps the settings of the run that it reverts. */
async function takeWithoutConnection(client: PoolClient, run: RunRow): Promise<ReadRow> {
  const { rows } = await client.query<RunRow>(
    `UPDATE run SET excluded = '{}', progress = NULL WHERE run.workspace_id = $1 AND run.id = $2 RETURNING ${runColumns}`,
    [run.workspace_id, run.id],
  );
  return { ...(rows[0] ?? run), connection_status: 'ENABLED', secrets: [] };
}

/** The reason why the run may not read. Null: it may. */
function readingFault({ connection_status, dry_run, reverts }: ReadRow): RunError | null {
  return connection_status === 'DRAFT' && !dry_run && reverts === null
    ? {
        code: 'CONNECTION_IS_DRAFT',
        message: 'The connection was set to Draft after this run had been queued.',
        hint: 'Set it to Enabled and run again, or make a dry run.',
      }
    : null;
}

type OpenedSecrets = { kind: 'opened'; secrets: Secrets } | { kind: 'fault'; fault: RunError };

function openOrFault(open: OpenSecret, { workspace_id, connection_id, secrets, reverts }: ReadRow): OpenedSecrets {
  // A revert reads nothing from the source.
  if (connection_id === null || reverts !== null) return { kind: 'opened', secrets: {} };
  try {
    return { kind: 'opened', secrets: openSecrets(open, workspace_id, connection_id, secrets) };
  } catch (fault) {
    if (!(fault instanceof AppError)) throw fault;
    return { kind: 'fault', fault: { code: fault.code, message: fault.message, hint: fault.hint } };
  }
}
