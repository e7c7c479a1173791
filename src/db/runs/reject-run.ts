import type { PoolClient } from 'pg';
import type { Actor } from '../../core/access.ts';
import type { RunRecord } from '../../core/records.ts';
import { closeRun } from './close-run.ts';
import { lockRun } from './lock-run.ts';
import { toRun } from './run-row.ts';

/** Ends a HELD run; its plan and the counts of it stay to be looked at. */
export async function rejectRun(
  client: PoolClient,
  workspaceId: string,
  runId: string,
  by: Actor,
): Promise<{ kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'unknown' }> {
  const run = await lockRun(client, workspaceId, runId, 'end');
  if (run === null) return { kind: 'unknown' };
  if (run.status !== 'HELD') return { kind: 'not_held' };
  return { kind: 'done', run: toRun(await closeRun(client, run, { status: 'REJECTED', by })) };
}
