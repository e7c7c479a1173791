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
  const known = new Map<string, { since: number; isOn: Promise<boolean> }>();
  return {
    isOn: async (workspaceId) => {
      const before = known.get(workspaceId);
      if (before !== undefined && performance.now() - before.since < LONGEST_KNOWN_MS) return before.isOn;
      const entry = { since: performance.now(), isOn: look(workspaceId) };
      known.delete(workspaceId);
      known.set(workspaceId, entry);
      const oldest = known.size > MOST_KNOWN ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      try {
        return await entry.isOn;
      } catch (error) {
        if (known.get(workspaceId) === entry) known.delete(workspaceId);
        throw error;
      }
    },
    forget: (workspaceId) => {
      if (workspaceId === undefined) known.clear();
      else known.delete(workspaceId);
    },
  };
}
