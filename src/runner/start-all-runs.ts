import type { Actor } from '../core/access.ts';
import type { RunRecord } from '../core/records.ts';
import type { StartRunMode } from '../core/run.ts';
import type { RunStore } from '../core/run-store.ts';

/** Queues a run of every Enabled connection, in order of name; one that has a run already counts with that one. */
export async function startAllRuns(
  store: RunStore,
  workspaceId: string,
  { mode, by }: { mode: StartRunMode; by: Actor },
): Promise<RunRecord[]> {
  const runs: RunRecord[] = [];
  for (const connectionId of await store.enabledConnectionIds(workspaceId)) {
    const outcome = await store.startRun({
      workspaceId,
      connectionId,
      mode: mode === 'AUTO' ? null : mode,
      trigger: 'RUN_ALL',
      startedBy: by,
      dryRun: false,
      review: false,
    });
    // Deleted, switched to Draft or turned off just now: then it is none of them.
    if ('run' in outcome) runs.push(outcome.run);
  }
  return runs;
}
