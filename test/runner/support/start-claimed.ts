import type { ClaimedRun } from '../../../src/core/run-store.ts';
import { runQueueName } from '../../../src/db/run/queue/open-boss.ts';
import { anna, type RunsDatabase } from './runs-database.ts';

type Given = { workspaceId?: string; connectionId?: string };

/** A queued run of a new connection, in a new workspace or in the given one. */
export async function queuedRun(
  db: RunsDatabase,
  given: Given = {},
): Promise<{ workspaceId: string; connectionId: string; runId: string }> {
  const workspaceId = given.workspaceId ?? (await db.addWorkspace());
  const connectionId = given.connectionId ?? (await db.addConnection(workspaceId));
  const outcome = await db.store.startRun({
    workspaceId,
    connectionId,
    mode: 'AUTO',
    trigger: 'MANUAL',
    startedBy: anna,
    dryRun: false,
    review: false,
  });
  if (outcome.kind !== 'started') throw new Error(outcome.kind);
  return { workspaceId, connectionId, runId: outcome.run.id };
}

/** A run of a new connection, in a new workspace or in the given one. The test has claimed it as its worker. */
export async function claimedRun(db: RunsDatabase, given: Given = {}): Promise<ClaimedRun> {
  const { workspaceId, runId } = await queuedRun(db, given);
  const [job] = await db.boss.findJobs(runQueueName, { key: runId });
  const claimed = await db.store.claim({ id: job?.id ?? '', workspaceId, runId });
  if (claimed === null) throw new Error('Nothing to claim.');
  return claimed;
}
