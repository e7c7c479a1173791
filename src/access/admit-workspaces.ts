import { LRUCache } from 'lru-cache';

type Admitted = { id: string; name: string; timeZone: string };

/** How many workspaces are remembered. A forgotten one is admitted again. */
const MOST_REMEMBERED = 10_000;

/**
 * Calls `admit` at a workspace's first token, and when a token names it differently or gives another time zone. Other tokens cost no
 * query. Calls with the same state of a workspace at the same time share one `admit`.
 */
export function admitWorkspaces(admit: (workspace: Admitted) => Promise<void>): (workspace: Admitted) => Promise<void> {
  const remembered = new LRUCache<string, { state: Admitted; done: Promise<void> }>({ max: MOST_REMEMBERED });
  return async (workspace) => {
    const known = remembered.get(workspace.id);
    if (known?.state.name === workspace.name && known.state.timeZone === workspace.timeZone) return known.done;
    const entry = { state: workspace, done: admit(workspace) };
    remembered.set(workspace.id, entry);
    try {
      await entry.done;
    } catch (error) {
      if (remembered.peek(workspace.id) === entry) remembered.delete(workspace.id);
      throw error;
    }
  };
}
