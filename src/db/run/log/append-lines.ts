import type { PoolClient } from 'pg';
import { storableLine } from '../../../core/outside-text.ts';
import { isEnded, type NewLogLine } from '../../../core/run.ts';
import { tellRun } from '../../signals/open-run-signals.ts';
import { lockRun } from '../run-row.ts';

/**
 * Adds lines to a run's log, with the run's next numbers. Taking the numbers locks the run's row, so they have no gaps and follow
 * the order of commits. Notifies nobody: the caller does that once for all its changes. Characters that Postgres refuses are
 * replaced.
 */
export async function appendLines(
  client: PoolClient,
  workspaceId: string,
  runId: string,
  lines: readonly NewLogLine[],
): Promise<void> {
  if (lines.length === 0) return;
  await client.query(
    `WITH numbered AS (
       UPDATE run SET last_seq = run.last_seq + $3, changed_at = clock_timestamp()
       WHERE run.workspace_id = $1 AND run.id = $2
       RETURNING run.last_seq - $3 AS before)
     INSERT INTO run_log (workspace_id, run_id, seq, last_seq, at, level, code, message, person, person_id, contact_id)
     SELECT $1, $2, numbered.before + line.nth, numbered.before + line.nth, clock_timestamp(), line.value->>'level',
       line.value->>'code', line.value->>'message', line.value->>'person', line.value->>'personId',
       (line.value->>'contactId')::uuid
     FROM numbered, jsonb_array_elements($4::jsonb) WITH ORDINALITY AS line (value, nth)`,
    [workspaceId, runId, lines.length, JSON.stringify(lines.map(storable))],
  );
}

function storable(line: NewLogLine): NewLogLine {
  return {
    ...line,
    message: storableLine(line.message),
    person: storableOrNull(line.person),
    personId: storableOrNull(line.personId),
  };
}

function storableOrNull(text: string | null | undefined): string | null {
  return text == null ? null : storableLine(text);
}

/** Adds a line if the run has not ended. The last line of an ended run stays the last. */
export async function addLine(client: PoolClient, workspaceId: string, runId: string, line: NewLogLine): Promise<void> {
  const run = await lockRun(client, workspaceId, runId, 'write');
  if (run === null || isEnded(run.status)) return;
  await appendLines(client, workspaceId, runId, [line]);
  await tellRun(client, { workspaceId, runId, connectionId: run.connection_id });
}
