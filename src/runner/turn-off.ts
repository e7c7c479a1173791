import type { Actor } from '../core/access.ts';
import type { RunStore } from '../core/run-store.ts';
import type { WorkspaceFeeds } from './follow-run/workspace-feeds.ts';

/** Cancels the workspace's runs, and ends the streams of those who follow them. Call it after the switch is stored. */
export async function turnOff(store: RunStore, feeds: WorkspaceFeeds, workspaceId: string, by: Actor): Promise<void> {
  await store.cancelAll(workspaceId, by);
  feeds.lookAtAll(workspaceId);
}
