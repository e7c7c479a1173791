import type { PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import { uuidv7 } from 'uuidv7';
import { noCounts, RunMode } from '../../../core/run.ts';
import { runStates } from '../../../core/run-state.ts';
import type { NewRun, StoredStart } from '../../../core/run-store.ts';
import { isUuid } from '../../../core/uuid.ts';
import { tellRun } from '../../signals/open-run-signals.ts';
import { sendRunJob } from '../queue/run-jobs.ts';
import { type RunRow, runColumns, settingsOfConnection, toRun } from '../run-row.ts';

/** Inserts the run and its job in the caller's transaction. If that is not possible, returns the reason. */
export async function startRun(boss: PgBoss, client: PoolClient, run: NewRun): Promise<StoredStart> {
  const verdict = await startable(client, run);
  if (verdict !== 'yes') return { kind: verdict };
  for (;;) {
    const inserted = await insertRun(client, run);
    if (inserted !== null) {
      await sendRunJob(boss, client, run.workspaceId, inserted.id);
      await tellRun(client, { workspaceId: run.workspaceId, runId: inserted.id, connectionId: inserted.connection_id });
      return { kind: 'started', run: toRun(inserted) };
    }
    const running = await unendedRun(client, run.workspaceId, run.connectionId);
    if (running !== null) return { kind: 'already_running', run: toRun(running) };
    // That run has ended between the two statements: try again.
  }
}

type Startable = { status: string | null; enabled: boolean };

/**
 * Whether a run of the connection may start. Locks the connection and the workspace until the transaction ends. So a deletion of
 * the connection, or turning Contact Sync off, comes before us and is seen, or comes after us and finds the run.
 */
async function startable(
  client: PoolClient,
  run: Pick<NewRun, 'workspaceId' | 'connectionId' | 'dryRun' | 'reverts'>,
): Promise<'yes' | 'draft' | 'off' | 'unknown'> {
  if (!isUuid(run.connectionId)) return 'unknown';
  const { rows } = run.reverts?.connectionDeleted
    ? await client.query<Startable>(
        `SELECT NULL AS status, workspace.contact_sync_enabled AS enabled FROM workspace WHERE workspace.id = $1 FOR SHARE`,
        [run.workspaceId],
      )
    : await client.query<Startable>(
        `SELECT connection.status, workspace.contact_sync_enabled AS enabled
         FROM workspace JOIN connection ON connection.workspace_id = workspace.id
         WHERE workspace.id = $1 AND connection.id = $2 FOR SHARE`,
        [run.workspaceId, run.connectionId],
      );
  const row = rows[0];
  if (row === undefined) return 'unknown';
  if (!row.enabled) return 'off';
  return row.status === 'DRAFT' && !run.dryRun && run.reverts === undefined ? 'draft' : 'yes';
}

/** SQL: the columns that a run copies from its connection. $1: workspace, $2: connection. */
const fromConnection = `
  SELECT connection.workspace_id, connection.id AS connection_id, NULL::uuid AS former_connection_id, connection.name, connection.version,
    ${settingsOfConnection} AS settings
  FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2`;

/** SQL: the columns that a revert copies from the run that it reverts, whose connection is deleted. $12: that run. */
const fromRun = `
  SELECT run.workspace_id, NULL::uuid AS connection_id, run.former_connection_id, run.connection_name AS name,
    run.connection_version AS version, run.settings
  FROM run WHERE run.workspace_id = $1 AND run.former_connection_id = $2 AND run.id = $12`;

/**
 * Inserts a QUEUED run with the connection's current settings. The run takes the settings again when it starts to read. Null: the
 * connection has a run that has not ended. The key of open_run decides that, not a look beforehand.
 */
async function insertRun(client: PoolClient, run: NewRun): Promise<RunRow | null> {
  const { rows } = await client.query<RunRow>(
    `WITH origin AS (${run.reverts?.connectionDeleted ? fromRun : fromConnection}),
     opened AS (
       INSERT INTO open_run (workspace_id, connection_id, run_id)
       SELECT origin.workspace_id, $2, $3 FROM origin
       ON CONFLICT DO NOTHING RETURNING run_id)
     INSERT INTO run (workspace_id, id, connection_id, former_connection_id, connection_name, connection_version, settings, asked_mode, dry_run, review,
       trigger, started_by, status, phase, counts, reverts, mode, mode_reason, queued_at, changed_at)
     SELECT origin.workspace_id, opened.run_id, origin.connection_id, origin.former_connection_id, origin.name, origin.version,
       origin.settings, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp(), clock_timestamp()
     FROM opened CROSS JOIN origin
     RETURNING ${runColumns}`,
    [
      run.workspaceId,
      run.connectionId,
      uuidv7(),
      run.mode,
      run.dryRun,
      run.review,
      run.trigger,
      run.startedBy,
      runStates.queued.status,
      runStates.queued.phase,
      noCounts,
      run.reverts?.runId ?? null,
      modeKnown(run),
      run.reverts?.because ?? null,
    ],
  );
  return rows[0] ?? null;
}

/** How the run reads, if that is known before it begins. */
function modeKnown({ reverts, mode }: NewRun): RunMode | null {
  if (reverts !== undefined) return RunMode.REVERT;
  return mode === 'FULL' ? RunMode.FULL : null;
}

/** The run of the connection that has not ended. Null: there is none. */
async function unendedRun(client: PoolClient, workspaceId: string, connectionId: string): Promise<RunRow | null> {
  const { rows } = await client.query<RunRow>(
    `SELECT ${runColumns} FROM open_run JOIN run ON run.workspace_id = open_run.workspace_id AND run.id = open_run.run_id
     WHERE open_run.workspace_id = $1 AND open_run.connection_id = $2`,
    [workspaceId, connectionId],
  );
  return rows[0] ?? null;
}
