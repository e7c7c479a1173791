import type { Actor, Viewer, Workspace } from '../core/access.ts';
import type { Allow } from '../core/deadline.ts';
import type { RunnerPort } from '../core/runner-port.ts';
import type { SourcesPort } from '../core/sources-port.ts';
import type { Store, WorkspaceStore } from '../core/store.ts';
import type { ContactSyncSwitch } from './access/contact-sync-switch.ts';
import { Loaders } from './loaders.ts';

/** What all operations share. */
export type ApiServices = { store: Store; runner: RunnerPort; sources: SourcesPort; contactSync: ContactSyncSwitch };

/** What one operation works with: its viewer, and only the viewer's workspace. */
export type ApiContext = {
  viewer: Viewer;
  store: WorkspaceStore;
  runner: RunnerPort;
  sources: SourcesPort;
  loaders: Loaders;
  contactSync: ContactSyncSwitch;
  /** The workspace, read once per operation. */
  workspace(): Promise<Workspace>;
  /**
   * Aborts at the operation's deadline, or when the client leaves: closes its HTTP request or socket, or completes the
   * operation.
   */
  signal: AbortSignal;
};

/** `allow` is called before each database transaction of the operation; without it, transactions have no limit. */
export function makeApiContext(services: ApiServices, viewer: Viewer, signal: AbortSignal, allow?: Allow): ApiContext {
  return new OperationContext(services, viewer, signal, allow);
}

/** Makes its parts when they are first used, because each open stream keeps a context in memory. */
class OperationContext implements ApiContext {
  readonly viewer: Viewer;
  readonly signal: AbortSignal;
  readonly #services: ApiServices;
  readonly #allow: Allow | undefined;
  #store: WorkspaceStore | undefined;
  #loaders: Loaders | undefined;
  #workspace: Promise<Workspace> | undefined;

  constructor(services: ApiServices, viewer: Viewer, signal: AbortSignal, allow: Allow | undefined) {
    this.#services = services;
    this.viewer = viewer;
    this.signal = signal;
    this.#allow = allow;
  }

  get store(): WorkspaceStore {
    this.#store ??= this.#services.store.in(this.viewer.workspaceId, this.#allow);
    return this.#store;
  }

  get loaders(): Loaders {
    this.#loaders ??= new Loaders(this.store);
    return this.#loaders;
  }

  get runner(): RunnerPort {
    return this.#services.runner;
  }

  get sources(): SourcesPort {
    return this.#services.sources;
  }

  get contactSync(): ContactSyncSwitch {
    return this.#services.contactSync;
  }

  workspace(): Promise<Workspace> {
    this.#workspace ??= this.store.workspace();
    return this.#workspace;
  }
}

/** The viewer, as the actor of a change. */
export function actorOf(viewer: Viewer): Actor {
  return {
    kind: 'MEMBER',
    id: viewer.id,
    name: viewer.name ?? viewer.id,
  };
}
