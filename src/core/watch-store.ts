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

/** What becomes of a watch that does not stand. `failures` counts this one; it is tried again after `retryAfterMs`. */
export type WatchFailure = { error: RunError; failures: number; retryAfterMs: number };

/** A watch as its process holds it. Null: it does not stand yet, or has heard of no change. */
export type WatchNews = { lease: WatchLease; listeningSince: Date | null; changedAt: Date | null };

/**
 * The watches of all connections, as one process sees them: the store of each process takes leases in its own name. Only one process has
 * a lease of a connection. Connections are watched while they are continuous and Enabled and Contact Sync is on.
 */
export type WatchStore = {
  /** A lease is over this long after it was renewed. */
  readonly leaseMs: number;
  /**
   * Renews these leases and notes how the watches stand. Returns the ids of the connections whose watch may go on. Of the others the
   * lease was lost, or the connection has been edited, switched off or deleted.
   */
  renew(held: readonly WatchNews[]): Promise<ReadonlySet<string>>;
  /**
   * Takes leases of connections that nobody watches, at most `room`; workspaces take turns. A connection whose secrets can't be read gets
   * that as its error instead. Connections that are too many get WATCH_LIMIT; `leftOut` counts those that got it now.
   */
  claim(room: number): Promise<{ tasks: WatchTask[]; leftOut: number }>;
  /** Notes at once that the watch stands. */
  listening(lease: WatchLease): Promise<void>;
  /** Gives the lease back with the reason. */
  broken(lease: WatchLease, failure: WatchFailure): Promise<void>;
  /** Gives leases back, so that others can take them at once. */
  release(leases: readonly WatchLease[]): Promise<void>;
  /**
   * Starts a run because of a change, with `why` as its first line. `lost`: the lease is no longer ours.
   */
  startRun(lease: WatchLease, why: string): Promise<StoredStart | { kind: 'lost' }>;
  /** Whether a run of the connection has left contacts alone because they changed after its plan was made. */
  leftContactsAlone(lease: WatchLease, runId: string): Promise<boolean>;
};
