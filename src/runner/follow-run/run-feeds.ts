import { Held } from '../../core/held.ts';
import type { RunSignals } from '../../core/run-signals.ts';
import type { RunStore } from '../../core/run-store.ts';
import { openRunFeed, type RunFeed } from './run-feed.ts';

/** The feeds of the runs that somebody in this process follows. */
export type RunFeeds = {
  /** Listening has begun when it returns. Close what `open` gave, once. */
  open(workspaceId: string, runId: string): RunFeed;
};

type Shared = { feed: RunFeed; followers: number };

/** Lines that those who follow work on at the same time; each once, however many they are for. */
const mostLinesHeld = 50_000;

/** A signal that got lost is made up for within this time. */
const lookAnywayMs = 3000;

export function createRunFeeds(store: RunStore, signals: RunSignals, onTrouble: (error: unknown) => void): RunFeeds {
  const open = new Map<string, Shared>();
  const held = new Held(mostLinesHeld);
  let stopListening: (() => void) | null = null;

  const lookAtAll = () => {
    for (const { feed } of open.values()) feed.lookAgain('soon');
  };
  const listen = () => {
    const unsubscribe = signals.subscribe(
      ({ workspaceId, runId, ended }) =>
        open.get(`${workspaceId} ${runId}`)?.feed.lookAgain(ended ? 'at once' : 'soon'),
      lookAtAll,
    );
    const timer = setInterval(lookAtAll, lookAnywayMs);
    return () => {
      clearInterval(timer);
      unsubscribe();
    };
  };
  const leave = (key: string, shared: Shared) => {
    shared.followers--;
    if (shared.followers > 0) return;
    shared.feed.close();
    open.delete(key);
    if (open.size > 0) return;
    stopListening?.();
    stopListening = null;
  };

  return {
    open(workspaceId, runId) {
      stopListening ??= listen();
      const key = `${workspaceId} ${runId.toLowerCase()}`;
      const shared = open.get(key) ?? { feed: openRunFeed(store, workspaceId, runId, onTrouble, held), followers: 0 };
      open.set(key, shared);
      shared.followers++;
      let left = false;
      return {
        ...shared.feed,
        close: () => {
          if (left) return;
          left = true;
          leave(key, shared);
        },
      };
    },
  };
}
