import type { ClaimedRun } from '../../../src/core/run-store.ts';
import { runQueueName } from '../../../src/db/runs/open-boss.ts';
import { anna, type RunsDatabase } from './runs-database.ts';

/** A run of a new connection in a new workspace (or in this one), claimed: the test is its worker. */
export async function claimedRun(
  db: RunsDatabase,
  given: { workspaceId?: string; connectionId?: string } = {},
): Promise<ClaimedRun> {
  const workspaceId = given.workspaceId ?? (await db.addWorkspace());
  const connectionId = given.connectionId ?? (await db.addConnection(workspaceId));
  const outcome = await db.store.startRun({
    workspaceId,
    connectionId,
    mode: null,
    trigger: 'MANUAL',
    startedBy: anna,
    dryRun: false,
    review: false,
  });
  if (outcome.kind !== 'started') throw new Error(outcome.kind);
  const [job] = await db.boss.findJobs(runQueueName, { key: outcome.run.id });
  const claimed = await db.store.claim({ id: job?.id ?? '', workspaceId, runId: outcome.run.id });
  if (claimed === null) throw new Error('Nothing to claim.');
  return claimed;
}
