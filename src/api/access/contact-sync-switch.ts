import { LRUCache } from 'lru-cache';

/** Whether Contact Sync is on in a workspace, for those who ask again and again: streams, at their start and each event. */
export type ContactSyncSwitch = {
  isOn(workspaceId: string): Promise<boolean>;
  /** It was changed; without a workspace: some may have been. */
  forget(workspaceId?: string): void;
};

/** Beside being told of changes: for the moments in which nobody can tell. */
const LONGEST_KNOWN_MS = 2000;
const MOST_KNOWN = 10_000;

/** One look for all who ask until it is forgotten, at most two seconds later. */
export function contactSyncSwitch(look: (workspaceId: string) => Promise<boolean>): ContactSyncSwitch {
  const known = new LRUCache<string, Promise<boolean>>({ max: MOST_KNOWN, ttl: LONGEST_KNOWN_MS });
  return {
    isOn: async (workspaceId) => {
      const before = known.get(workspaceId);
      if (before !== undefined) return before;
      const isOn = look(workspaceId);
      known.set(workspaceId, isOn);
      try {
        return await isOn;
      } catch (error) {
        if (known.peek(workspaceId) === isOn) known.delete(workspaceId);
        throw error;
      }
    },
    forget: (workspaceId) => {
      if (workspaceId === undefined) known.clear();
      else known.delete(workspaceId);
    },
  };
}
