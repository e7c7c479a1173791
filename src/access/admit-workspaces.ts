import { LRUCache } from 'lru-cache';

type Admitted = { id: string; name: string; timeZone: string };

/** Workspaces remembered at once; one that is forgotten is simply admitted again. */
const MOST_REMEMBERED = 10_000;

/**
 * Lets a workspace be set up at its first token, and its name and time zone be taken over when a token says otherwise;
 * in between, no token costs a query. Calls for one state of a workspace at the same time share one `admit`.
 */
export function admitWorkspaces(admit: (workspace: Admitted) => Promise<void>): (workspace: Admitted) => Promise<void> {
  const remembered = new LRUCache<string, { state: string; done: Promise<void> }>({ max: MOST_REMEMBERED });
  return async (workspace) => {
    const state = JSON.stringify([workspace.name, workspace.timeZone]);
    const known = remembered.get(workspace.id);
    if (known?.state === state) return known.done;
    const entry = { state, done: admit(workspace) };
    remembered.set(workspace.id, entry);
    try {
      await entry.done;
    } catch (error) {
      if (remembered.peek(workspace.id) === entry) remembered.delete(workspace.id);
      throw error;
    }
  };
}
