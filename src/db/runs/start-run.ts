import type { PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { NewRun, StoredStart } from '../../core/run-store.ts';
import { insertRun } from './insert-run.ts';
import { sendRunJob } from './run-jobs.ts';
import { toRun } from './run-row.ts';
import { startable } from './startable.ts';
import { tellRun } from './tell-run.ts';
import { unendedRun } from './unended-run.ts';

/** Inserts the run and its job in the caller's transaction, or tells what stands in the way. */
export async function startRun(boss: PgBoss, client: PoolClient, run: NewRun): Promise<StoredStart> {
  const verdict = await startable(client, run);
  if (verdict !== 'yes') return { kind: verdict };
  for (;;) {
    const inserted = await insertRun(client, run);
    if (inserted !== null) {
      await sendRunJob(boss, client, run.workspaceId, inserted.id);
      await tellRun(client, { workspaceId: run.workspaceId, runId: inserted.id, connectionId: run.connectionId });
      return { kind: 'started', run: toRun(inserted) };
    }
    const running = await unendedRun(client, run.workspaceId, run.connectionId);
    if (running !== null) return { kind: 'already_running', run: toRun(running) };
    // It has ended between the two statements: the place is free now.
  }
}
