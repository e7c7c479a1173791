import type { Scope, Secrets, SourceKind, SourceSettings } from './connection.ts';
import type { RunError } from './run.ts';
import type { StoredStart } from './run-store.ts';

/** A process's right to watch a connection. It must be renewed. `fence` grows each time that the right is given. */
export type WatchLease = { workspaceId: string; connectionId: string; fence: string };

/** A connection to be watched. Settings and secrets are from one version. `failures`: see `connection_watch`. */
export type WatchTask = {
  lease: WatchLease;
  kind: SourceKind;
  source: SourceSettings;
  scope: Scope;
  secrets: Secrets;
  failures: number;
};

/** A watch that has failed. `failures` includes this failure. The watch is tried again after `retryAfterMs`. */
export type WatchFailure = { error: RunError; failures: number; retryAfterMs: number };

/** The news of a watch from its process. Null: it does not listen yet, or has reported no change. */
export type WatchNews = { lease: WatchLease; listeningSince: Date | null; changedAt: Date | null };

/**
 * The watches of all connections, as one process sees them. The store of each process takes leases in its own name.
 * Only one process can have the lease of a connection. A connection is watched while it is continuous and Enabled, and
 * Contact Sync is on.
 */
export type WatchStore = {
  /** A lease ends this long after it was renewed. */
  readonly leaseMs: number;
  /**
   * Renews these leases and stores the state of the watches. Returns the ids of the connections whose watch may
   * continue. For the others, the lease was lost, or the connection was edited, switched off or deleted.
   */
  renew(held: readonly WatchNews[]): Promise<ReadonlySet<string>>;
  /**
   * Takes leases of at most `room` connections that no process watches. Workspaces take turns. If a connection's
   * secrets can't be read, its watch gets that error. Connections over the limit get WATCH_LIMIT; `leftOut` counts
   * those that got it now.
   */
  claim(room: number): Promise<{ tasks: WatchTask[]; leftOut: number }>;
  /** Stores at once that the watch listens. */
  listening(lease: WatchLease): Promise<void>;
  /** Gives the lease back with the reason. */
  broken(lease: WatchLease, failure: WatchFailure): Promise<void>;
  /** Gives leases back, so that others can take them at once. */
  release(leases: readonly WatchLease[]): Promise<void>;
  /** Starts a run because of a change. Its first log line says `why`. `lost`: another process has the lease now. */
  startRun(lease: WatchLease, why: string): Promise<StoredStart | { kind: 'lost' }>;
  /** Whether a run of the connection has left contacts alone because they changed after its plan was made. */
  leftContactsAlone(lease: WatchLease, runId: string): Promise<boolean>;
};
