import type { Pool } from 'pg';
import type { Schedule } from '../../core/connection.ts';
import type { ScheduledConnection } from '../../core/run-store.ts';

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

/** A mark of another schedule says nothing about this one: what was due before the edit is not made up for. */
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
