import type { Actor, Viewer, Workspace } from '../core/access.ts';
import type { Allow } from '../core/deadline.ts';
import type { RunnerPort } from '../core/runner-port.ts';
import type { Store, WorkspaceStore } from '../core/store.ts';
import type { ContactSyncSwitch } from './access/contact-sync-switch.ts';
import { type Loaders, makeLoaders } from './loaders.ts';

/** What the API works with; the same for all operations. */
export type ApiServices = { store: Store; runner: RunnerPort; contactSync: ContactSyncSwitch };

/** What one operation works with: its viewer, and the viewer's workspace alone. */
export type ApiContext = {
  viewer: Viewer;
  store: WorkspaceStore;
  runner: RunnerPort;
  loaders: Loaders;
  contactSync: ContactSyncSwitch;
  /** The workspace, read once an operation. */
  workspace(): Promise<Workspace>;
  /** For a log stream that goes on: the `after` that stands in place of the argument. */
  resumeAfter: number | null;
  /** Aborts when the operation's time is over, or the client leaves: its HTTP request or socket is closed, or it completes the operation. */
  signal: AbortSignal;
};

/** `allow` is asked before each of its database transactions; default: nothing bounds them. */
export function makeApiContext(services: ApiServices, viewer: Viewer, signal: AbortSignal, allow?: Allow): ApiContext {
  const store = services.store.in(viewer.workspaceId, allow);
  let workspace: Promise<Workspace> | undefined;
  return {
    viewer,
    store,
    runner: services.runner,
    contactSync: services.contactSync,
    loaders: makeLoaders(store),
    workspace: () => {
      workspace ??= store.workspace();
      return workspace;
    },
    resumeAfter: null,
    signal,
  };
}

/** Whoever made the request, as who did something. */
export const actorOf = (viewer: Viewer): Actor => ({
  kind: 'MEMBER',
  id: viewer.id,
  name: viewer.name ?? viewer.id,
});
