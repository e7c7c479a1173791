import type { RunRecord } from '../../core/records.ts';
import { isEnded } from '../../core/run.ts';
import { type RunFeed, type RunFeeds, type RunView, sameState } from './run-feed.ts';

/** Each follower gets at most four states a second. */
const betweenStatesMs = 250;

/**
 * The run's state at once, then its newest state after each change. Ends after the state of an ended run, when there is no such run,
 * or when the signal aborts.
 */
export async function* followProgress(
  feeds: RunFeeds,
  wanted: { workspaceId: string; runId: string },
  signal: AbortSignal,
): AsyncGenerator<RunRecord> {
  const { feed, leave } = feeds.join(wanted.workspaceId, wanted.runId);
  try {
    let told: RunRecord | null = null;
    let view = await feed.view();
    while (view.run !== null && !signal.aborted) {
      if (told === null || !sameState(told, view.run)) {
        const nextAt = performance.now() + betweenStatesMs;
        yield view.run;
        told = view.run;
        if (isEnded(told.status)) return;
        view = await newestIn(feed, view, nextAt - performance.now(), signal);
      } else view = await feed.viewAfter(view.version, signal);
    }
  } finally {
    leave();
  }
}

/** The newest view when the pause is over. The pause ends early when the run ends. */
async function newestIn(feed: RunFeed, view: RunView, pauseMs: number, signal: AbortSignal): Promise<RunView> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, Math.ceil(pauseMs)))]);
  let newest = view;
  while (!enough.aborted && newest.run !== null && !isEnded(newest.run.status))
    newest = await feed.viewAfter(newest.version, enough);
  return newest;
}
