import type { RunRecord } from '../../../src/core/records.ts';
import type { RunStatus } from '../../../src/core/run.ts';
import type { RunsProcess } from './open-process.ts';

/** Resolves with the run when it has this status. Reads the run at each signal of a change. */
export async function untilStatus(
  { store, signals }: Pick<RunsProcess, 'store' | 'signals'>,
  { workspaceId, runId }: { workspaceId: string; runId: string },
  status: RunStatus,
): Promise<RunRecord> {
  let changed = Promise.withResolvers<void>();
  const unsubscribe = signals.subscribe((signal) => {
    if (signal.runId === runId) changed.resolve();
  }, changed.resolve);
  try {
    for (;;) {
      changed = Promise.withResolvers<void>();
      const run = await store.findRun(workspaceId, runId);
      if (run?.status === status) return run;
      await changed.promise;
    }
  } finally {
    unsubscribe();
  }
}
