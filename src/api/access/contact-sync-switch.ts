import { LRUCache } from 'lru-cache';

/** Whether Contact Sync is on in a workspace, remembered for streams, which ask at their start and at each event. */
export type ContactSyncSwitch = {
  isOn(workspaceId: string): Promise<boolean>;
  /** Forgets the answer for a workspace that was changed; without an id, forgets all answers. */
  forget(workspaceId?: string): void;
};

/** Normally `forget` is called at each change. This limit covers the times when notifications don't arrive. */
const LONGEST_KNOWN_MS = 2000;
const MOST_KNOWN = 10_000;

/** Calls `look` once for everybody who asks, until the answer is forgotten: after two seconds at most. */
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
