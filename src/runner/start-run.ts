import type { Actor } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import type { RunRecord } from '../core/records.ts';
import type { StartRunMode } from '../core/run.ts';
import type { RunStore } from '../core/run-store.ts';
import type { RevertRunOutcome, StartRunOutcome, StartRunRequest } from '../core/runner-port.ts';

/**
 * Queues a run of the connection, or returns the one that has not ended yet. Throws an AppError FORBIDDEN when Contact Sync was
 * turned off after the caller checked it.
 */
export async function startRun(
  store: RunStore,
  workspaceId: string,
  connectionId: string,
  { mode, dryRun, review, by }: StartRunRequest,
): Promise<StartRunOutcome> {
  const outcome = await store.startRun({
    workspaceId,
    connectionId,
    mode,
    trigger: 'MANUAL',
    startedBy: by,
    dryRun,
    review,
  });
  switch (outcome.kind) {
    case 'started':
      return { kind: 'started', run: outcome.run, alreadyRunning: false };
    case 'already_running':
      return { kind: 'started', run: outcome.run, alreadyRunning: true };
    case 'off':
      throw turnedOff();
    default:
      return { kind: outcome.kind };
  }
}

/** Queues a run that reverts another run. Throws like `startRun`. */
export async function revertRun(
  store: RunStore,
  workspaceId: string,
  runId: string,
  by: Actor,
): Promise<RevertRunOutcome> {
  const outcome = await store.startRevert(workspaceId, runId, by);
  switch (outcome.kind) {
    case 'started':
      return { kind: 'done', run: outcome.run };
    case 'off':
      throw turnedOff();
    default:
      return { kind: outcome.kind };
  }
}

function turnedOff(): AppError {
  return new AppError('FORBIDDEN', 'Contact Sync is turned off in this workspace.');
}

/** Queues a run of every Enabled connection, in order of name. If a connection has a run already, that run is returned. */
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
      mode,
      trigger: 'RUN_ALL',
      startedBy: by,
      dryRun: false,
      review: false,
    });
    // It may just have been deleted, switched to Draft or turned off.
    if ('run' in outcome) runs.push(outcome.run);
  }
  return runs;
}
