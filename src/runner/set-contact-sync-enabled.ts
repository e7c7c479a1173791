import type { Actor } from '../core/access.ts';
import type { RunStore } from '../core/run-store.ts';
import type { WorkspaceFeeds } from './follow-run/workspace-feed.ts';

/** Turns Contact Sync on or off. Off also ends the streams of those who follow the workspace's runs. */
export async function setContactSyncEnabled(
  store: RunStore,
  feeds: WorkspaceFeeds,
  workspaceId: string,
  enabled: boolean,
  by: Actor,
): Promise<void> {
  await store.setContactSyncEnabled(workspaceId, enabled, by);
  if (!enabled) feeds.lookAtAll(workspaceId);
}
