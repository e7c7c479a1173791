import type { Pool, PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { Schedule } from '../../../core/connection.ts';
import type { ScheduledConnection } from '../../../core/run-store.ts';
import { addLine } from '../log/append-lines.ts';
import { startRun } from './start-run.ts';

type Row = {
  workspace_id: string;
  id: string;
  schedule: Schedule;
  active: boolean;
  updated_at: Date;
  cron: string | null;
  time_zone: string | null;
  looked_at: Date | null;
};

/** All connections with a schedule, of all workspaces. */
export async function scheduledConnections(pool: Pool): Promise<ScheduledConnection[]> {
  const { rows } = await pool.query<Row>(
    `SELECT connection.workspace_id, connection.id, connection.schedule,
       connection.status = 'ENABLED' AND workspace.contact_sync_enabled AS active, connection.updated_at,
       schedule_mark.cron, schedule_mark.time_zone, schedule_mark.looked_at
     FROM connection JOIN workspace ON workspace.id = connection.workspace_id
     LEFT JOIN schedule_mark ON schedule_mark.workspace_id = connection.workspace_id
       AND schedule_mark.connection_id = connection.id
     WHERE connection.schedule IS NOT NULL AND connection.schedule <> 'null'`,
  );
  return rows.map(toScheduled);
}

/** A mark of another schedule does not count: runs that were due before the edit are not made up for. */
function toScheduled(row: Row): ScheduledConnection {
  const marked = row.cron === row.schedule.cron && row.time_zone === row.schedule.timeZone;
  return {
    workspaceId: row.workspace_id,
    connectionId: row.id,
    schedule: row.schedule,
    active: row.active,
    lookedAt: marked && row.looked_at !== null ? row.looked_at : row.updated_at,
    marked,
    mark: row.looked_at,
  };
}

/** The actor that starts scheduled runs. */
const schedule = { kind: 'SERVICE', id: null, name: 'Schedule' } as const;

/**
 * Moves the schedule's mark from where it was seen to `upTo`; only one process can. In the same transaction it starts the run
 * that is due, or notes in the log of the run in its way that a run was skipped. False: another process was faster.
 */
export async function passSchedule(
  boss: PgBoss,
  client: PoolClient,
  scheduled: ScheduledConnection,
  upTo: Date,
  fire: boolean,
): Promise<boolean> {
  if (!(await moveMark(client, scheduled, upTo))) return false;
  if (!fire) return true;
  const { workspaceId, connectionId } = scheduled;
  const outcome = await startRun(boss, client, {
    workspaceId,
    connectionId,
    mode: 'AUTO',
    trigger: 'SCHEDULE',
    startedBy: schedule,
    dryRun: false,
    review: false,
  });
  if (outcome.kind !== 'already_running') return true;
  await addLine(client, workspaceId, outcome.run.id, {
    level: 'WARN',
    code: 'SCHEDULE_SKIPPED',
    message:
      outcome.run.status === 'HELD'
        ? 'A scheduled run was skipped: this run waits to be approved or rejected.'
        : 'A scheduled run was skipped: this run has not ended yet.',
  });
  return true;
}

async function moveMark(client: PoolClient, scheduled: ScheduledConnection, upTo: Date): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO schedule_mark (workspace_id, connection_id, cron, time_zone, looked_at)
     SELECT connection.workspace_id, connection.id, $3, $4, $5 FROM connection
     WHERE connection.workspace_id = $1 AND connection.id = $2
     ON CONFLICT (workspace_id, connection_id) DO UPDATE
     SET cron = excluded.cron, time_zone = excluded.time_zone, looked_at = excluded.looked_at
     WHERE schedule_mark.looked_at = $6`,
    [
      scheduled.workspaceId,
      scheduled.connectionId,
      scheduled.schedule.cron,
      scheduled.schedule.timeZone,
      upTo,
      scheduled.mark,
    ],
  );
  return rowCount === 1;
}
