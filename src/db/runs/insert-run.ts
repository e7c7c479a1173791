import type { PoolClient } from 'pg';
import { noCounts } from '../../core/run.ts';
import type { NewRun } from '../../core/run-store.ts';
import { uuidV7 } from '../../core/uuid.ts';
import { type RunRow, runColumns } from './run-row.ts';
import { settingsOfConnection } from './settings-of-connection.ts';

/**
 * Inserts a QUEUED run with the connection's settings as they are now, which it takes anew when it starts to read. Null: the
 * connection has a run that has not ended (which the unique index decides, not a look beforehand).
 */
export async function insertRun(client: PoolClient, run: NewRun): Promise<RunRow | null> {
  const { rows } = await client.query<RunRow>(
    `INSERT INTO run (workspace_id, id, connection_id, connection_name, connection_version, settings, mode, dry_run, review,
       trigger, started_by, status, phase, counts, queued_at, changed_at)
     SELECT connection.workspace_id, $3, connection.id, connection.name, connection.version,
       ${settingsOfConnection},
       $4, $5, $6, $7, $8, 'QUEUED', 'WAITING', $9, clock_timestamp(), clock_timestamp()
     FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2
     ON CONFLICT (workspace_id, connection_id) WHERE status IN ('QUEUED', 'RUNNING', 'HELD') DO NOTHING
     RETURNING ${runColumns}`,
    [
      run.workspaceId,
      run.connectionId,
      uuidV7(),
      run.mode,
      run.dryRun,
      run.review,
      run.trigger,
      run.startedBy,
      noCounts,
    ],
  );
  return rows[0] ?? null;
}
