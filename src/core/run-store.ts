import type { Actor, Workspace } from './access.ts';
import type { ConnectionSettings, Schedule, Secrets } from './connection.ts';
import type { RunRecord } from './records.ts';
import type { NewLogLine, RunError, RunMode, RunTrigger } from './run.ts';
import type { RunJob } from './run-queue.ts';
import type { LogQuery, LogSlice } from './store.ts';
import type { FileStore } from './stored-files.ts';

export type NewRun = {
  workspaceId: string;
  connectionId: string;
  /** Null while it is for the run to settle. */
  mode: RunMode | null;
  trigger: RunTrigger;
  startedBy: Actor;
  dryRun: boolean;
  review: boolean;
};

/** A run that a worker has taken: the attempt is its fencing number, without which nothing more can be written to the run. */
export type ClaimedRun = {
  run: RunRecord;
  attempt: number;
  settings: ConnectionSettings;
  /** None where the plan stands: nothing is read any more. */
  secrets: Secrets;
  /** Set when the plan of an earlier attempt, or of an approved run, stands and applying goes on from there. */
  planStands: boolean;
  /** Whether the source may go on from where the last run came to: nobody has asked for everybody, and nothing was begun yet. */
  mayGoOn: boolean;
  /** Where the plan's positions begin in the run's history: above those of a plan that was lost while it was applied. */
  positionBase: number;
};

/**
 * Carries one claimed run to its end: reads, plans, checks, applies, and itself ends it SUCCEEDED, PARTIAL or HELD. Throws
 * an AppError when the run broke, the signal's reason when it was aborted, and an AppError FENCED when another attempt has
 * taken over; anything else is a fault of ours.
 */
export type RunSync = (claimed: ClaimedRun, signal: AbortSignal) => Promise<void>;

/** A change that other processes are told of, after its commit: look again. */
export type RunSignal = { workspaceId: string; runId: string; connectionId: string | null; ended: boolean };

/** `draft`: only dry runs. `off`: Contact Sync is turned off for the workspace. `unknown`: no such connection. */
export type StoredStart =
  | { kind: 'started'; run: RunRecord }
  | { kind: 'already_running'; run: RunRecord }
  | { kind: 'draft' }
  | { kind: 'off' }
  | { kind: 'unknown' };

/** A connection with a schedule, and up to when that has been looked at. */
export type ScheduledConnection = {
  workspaceId: string;
  connectionId: string;
  schedule: Schedule;
  /** Whether it may start anything: the connection is Enabled, its workspace has Contact Sync on. */
  active: boolean;
  /** Due times up to here are done with. Starts with the edit that brought the schedule. */
  lookedAt: Date;
  /** Whether `lookedAt` is stored with this schedule; if not, it comes from the edit. */
  marked: boolean;
  /** The stored time, which may be that of another schedule; null: none. It is moved only by a process that saw this value. */
  mark: Date | null;
};

/** What an attempt at a run has to know while it works: that it shall end, or that it is no longer the newest. */
export type AttemptState = 'going_on' | 'cancel_requested' | 'fenced';

/**
 * Where runs live, for the runner: with the service's own rights, so every call names the workspace. Each state change
 * commits together with its signal to all processes. Malformed ids are unknown ones.
 */
export type RunStore = {
  /**
   * Inserts a QUEUED run and its queue job, in one transaction, or tells the run of that connection which has not ended yet.
   */
  startRun(run: NewRun): Promise<StoredStart>;
  findRun(workspaceId: string, runId: string): Promise<RunRecord | null>;
  findRuns(workspaceId: string, runIds: readonly string[]): Promise<RunRecord[]>;
  /** Runs of the workspace that have not ended, or were queued after `since`. */
  recentRuns(workspaceId: string, since: Date): Promise<RunRecord[]>;
  /** In order of name. */
  enabledConnectionIds(workspaceId: string): Promise<string[]>;
  workspace(workspaceId: string): Promise<Workspace | null>;
  connectionExists(workspaceId: string, connectionId: string): Promise<boolean>;
  /**
   * What is stored for a connection's source, opened, for settings looked at in this version of it. Throws an AppError when the
   * key to it is not at hand, and CONNECTION_CHANGED when the connection has another version now.
   */
  secrets(workspaceId: string, connection: { id: string; version: number }): Promise<Secrets>;
  readonly files: FileStore;

  /**
   * Takes a QUEUED run, or a RUNNING one whose worker died, with the next attempt. One that is to read gets settings, secrets and
   * version of the connection as they are now, all of one moment; one whose plan stands keeps the plan's. Null: there is
   * nothing to be done. `databaseLost`: this process has worked on it until the database was lost.
   */
  claim(job: RunJob, databaseLost?: boolean): Promise<ClaimedRun | null>;
  attemptState(claimed: ClaimedRun): Promise<AttemptState>;
  /** QUEUED and HELD end CANCELLED at once; a RUNNING one is marked, and its worker told. */
  cancel(
    workspaceId: string,
    runId: string,
    by: Actor,
  ): Promise<{ kind: 'done' | 'ended'; run: RunRecord } | { kind: 'unknown' }>;
  /** HELD becomes QUEUED again, its plan standing, with a job. Outdated: the connection was edited since, or is gone. */
  approve(
    workspaceId: string,
    runId: string,
    by: Actor,
  ): Promise<{ kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'outdated' | 'unknown' }>;
  reject(
    workspaceId: string,
    runId: string,
    by: Actor,
  ): Promise<{ kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'unknown' }>;
  /** Ends the run FAILED or CANCELLED under its fencing number, its last line with it. False: fenced off, or it has ended. */
  end(claimed: ClaimedRun, ending: { status: 'CANCELLED' } | { status: 'FAILED'; error: RunError }): Promise<boolean>;
  /** The run is QUEUED again, for another workspace to have its slot; where it was applying, it goes on there. */
  giveWay(claimed: ClaimedRun): Promise<void>;
  /**
   * Turns Contact Sync on or off. Off cancels all runs of the workspace that have not ended, in the same transaction; none is
   * started or claimed after it.
   */
  setContactSyncEnabled(workspaceId: string, enabled: boolean, by: Actor): Promise<void>;
  /** Adds a line to a run that has not ended; nothing otherwise. */
  addLine(workspaceId: string, runId: string, line: NewLogLine): Promise<void>;
  /**
   * Gives runs that have lost their worker another job, or ends those that were to be cancelled. Lost is a QUEUED or
   * RUNNING run without a job that waits or has been kept alive within the last ten seconds.
   */
  recoverLostRuns(): Promise<void>;
  runLog(workspaceId: string, runId: string, query: LogQuery): Promise<LogSlice>;

  /** All connections of all workspaces that have a schedule. */
  scheduledConnections(): Promise<ScheduledConnection[]>;
  /**
   * Marks a schedule as looked at up to `upTo`, and with `fire` starts its run, or notes on the run in its way that it was
   * passed over; in one transaction. False: another process was faster, or the connection is gone.
   */
  passSchedule(scheduled: ScheduledConnection, upTo: Date, fire: boolean): Promise<boolean>;
};

/** Hears, in this process, of runs that changed in any process. The tables are the truth; a signal only says "look again". */
export type RunSignals = {
  /**
   * `hear` gets each signal that comes after this call; `missed` is called when some may have been lost (the connection to
   * the database broke and is up again). Returns the function that ends both; calling it twice does no harm.
   */
  subscribe(hear: (signal: RunSignal) => void, missed: () => void): () => void;
};
