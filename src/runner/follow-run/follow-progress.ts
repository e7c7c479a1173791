import type { RunRecord } from '../../core/records.ts';
import { isEnded } from '../../core/run.ts';
import type { RunFeeds } from './run-feeds.ts';
import { sameState } from './same-state.ts';
import { waitAtMost } from './wait-at-most.ts';

/** Four states a second and follower. */
const betweenStatesMs = 250;

/**
 * The run's state at once, then the newest one after each change. Ends after the state of an ended run, when there is no
 * such run, or when the signal aborts.
 */
export async function* followProgress(
  feeds: RunFeeds,
  wanted: { workspaceId: string; runId: string },
  signal: AbortSignal,
): AsyncGenerator<RunRecord> {
  const feed = feeds.open(wanted.workspaceId, wanted.runId);
  try {
    let told: RunRecord | null = null;
    let view = await feed.view();
    while (view.run !== null && !signal.aborted) {
      if (told === null || !sameState(told, view.run)) {
        const began = performance.now();
        yield view.run;
        told = view.run;
        if (isEnded(told.status)) return;
        await waitAtMost(began + betweenStatesMs - performance.now(), signal);
      }
      view = await feed.viewAfter(view.version, signal);
    }
  } finally {
    feed.close();
  }
}
