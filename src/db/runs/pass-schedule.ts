import type { PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { ScheduledConnection } from '../../core/run-store.ts';
import { addLine } from './add-line.ts';
import { startRun } from './start-run.ts';

/** Who starts runs when their time has come. */
const schedule = { kind: 'SERVICE', id: null, name: 'Schedule' } as const;

/**
 * Moves the schedule's mark from where it was seen to `upTo`, which only one process can, and in the same transaction
 * starts the run that is due, or notes on the run in its way that it was passed over. False: another was faster.
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
    mode: null,
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
