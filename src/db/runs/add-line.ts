import type { PoolClient } from 'pg';
import { isEnded, type NewLogLine } from '../../core/run.ts';
import { appendLines } from './append-lines.ts';
import { lockRun } from './lock-run.ts';
import { tellRun } from './tell-run.ts';

/** Adds a line to a run that has not ended; the last line of an ended run stays its last. */
export async function addLine(client: PoolClient, workspaceId: string, runId: string, line: NewLogLine): Promise<void> {
  const run = await lockRun(client, workspaceId, runId, 'write');
  if (run === null || isEnded(run.status)) return;
  await appendLines(client, workspaceId, runId, [line]);
  await tellRun(client, { workspaceId, runId, connectionId: run.connection_id });
}
