import { isEnded, type LogLevel, type RunStatus } from '../../core/run.ts';
import type { LogBatch } from '../../core/runner-port.ts';
import type { RunFeeds } from './run-feeds.ts';
import { waitAtMost } from './wait-at-most.ts';

/** Ten batches a second and follower. */
const betweenBatchesMs = 100;

/**
 * The lines after `after`, in order, each once: the stored ones, then those that come. Whoever reads slowly gets more lines
 * at once, up to 1,000. Ends after the last line of an ended run (with an empty batch that tells the status, if no other
 * did), when there is no such run, or when the signal aborts.
 */
export async function* followLog(
  feeds: RunFeeds,
  wanted: { workspaceId: string; runId: string; after: number; minLevel: LogLevel },
  signal: AbortSignal,
): AsyncGenerator<LogBatch> {
  const feed = feeds.open(wanted.workspaceId, wanted.runId);
  try {
    let after = wanted.after;
    let told: RunStatus | null = null;
    let view = await feed.view();
    while (view.run !== null && !signal.aborted) {
      const { id: runId, status: runStatus, lastSeq: end } = view.run;
      const began = performance.now();
      if (after < end) {
        const slice = await feed.lines(view, wanted.minLevel, after);
        after = slice.lastSeq;
        if (slice.lines.length > 0) {
          const release = feed.hold(slice);
          try {
            yield { runId, runStatus, lines: slice.lines, lastSeq: after };
          } finally {
            release();
          }
          told = runStatus;
        }
      }
      if (after < end) {
        // Still among the stored lines: at one's own pace, not at that of the run.
        await waitAtMost(began + betweenBatchesMs - performance.now(), signal);
        view = await feed.view();
        continue;
      }
      if (isEnded(runStatus)) {
        if (told !== runStatus && !signal.aborted) yield { runId, runStatus, lines: [], lastSeq: after };
        return;
      }
      view = await feed.viewAfter(view.version, signal);
    }
  } finally {
    feed.close();
  }
}
