import type { RunSignals } from '../../core/run-signals.ts';
import type { RunStore } from '../../core/run-store.ts';
import { openWorkspaceFeed, type RunsListener, type WorkspaceFeed } from './workspace-feed.ts';

/** The feeds of the workspaces whose runs somebody in this process follows. */
export type WorkspaceFeeds = {
  /** The listener hears of changes from now on; the function returned ends that. */
  listen(workspaceId: string, listener: RunsListener): () => void;
  /** Says that something else than a run changed in the workspace. */
  lookAtAll(workspaceId: string): void;
};

/** A signal that got lost is made up for within this time, and a turned-off Contact Sync found. */
const lookAnywayMs = 3000;

export function createWorkspaceFeeds(
  store: RunStore,
  signals: RunSignals,
  onTrouble: (error: unknown) => void,
): WorkspaceFeeds {
  const open = new Map<string, WorkspaceFeed>();
  let stopListening: (() => void) | null = null;

  const lookAtAll = () => {
    for (const feed of open.values()) feed.lookAtAll();
  };
  const listenToSignals = () => {
    const unsubscribe = signals.subscribe(({ workspaceId, runId }) => open.get(workspaceId)?.lookAt(runId), lookAtAll);
    const timer = setInterval(lookAtAll, lookAnywayMs);
    return () => {
      clearInterval(timer);
      unsubscribe();
    };
  };

  return {
    listen(workspaceId, listener) {
      stopListening ??= listenToSignals();
      const feed = open.get(workspaceId) ?? openWorkspaceFeed(store, workspaceId, onTrouble);
      open.set(workspaceId, feed);
      feed.listeners.add(listener);
      return () => {
        feed.listeners.delete(listener);
        if (feed.listeners.size > 0 || open.get(workspaceId) !== feed) return;
        feed.close();
        open.delete(workspaceId);
        if (open.size > 0) return;
        stopListening?.();
        stopListening = null;
      };
    },
    lookAtAll: (workspaceId) => open.get(workspaceId)?.lookAtAll(),
  };
}
