import type { RunRecord } from '../../core/records.ts';
import type { WorkspaceFeeds } from './workspace-feed.ts';

/**
 * Every run of the workspace, or of one connection, as it changes from the first `next()` on, at most four times a second
 * each. Whoever reads slowly gets the newest state of each run. Ends when the connection is deleted, when Contact Sync is
 * turned off, or when the signal aborts.
 */
export async function* followRuns(
  feeds: WorkspaceFeeds,
  wanted: { workspaceId: string; connectionId: string | null },
  signal: AbortSignal,
): AsyncGenerator<RunRecord> {
  const changed = new Map<string, RunRecord>();
  let ended = false;
  let wake = () => {};
  const end = () => {
    ended = true;
    wake();
  };
  const leave = feeds.listen(wanted.workspaceId, {
    connectionId: wanted.connectionId,
    change: (run) => {
      changed.set(run.id, run);
      wake();
    },
    end,
  });
  signal.addEventListener('abort', end);
  try {
    while (!signal.aborted) {
      const [run] = changed.values();
      if (run !== undefined) {
        changed.delete(run.id);
        yield run;
      } else if (ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener('abort', end);
    leave();
  }
}
