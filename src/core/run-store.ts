import type { Actor, Workspace } from './access.ts';
import type { ConnectionSettings, Schedule, Secrets } from './connection.ts';
import type { RunRecord } from './records.ts';
import type { NewLogLine, RunError, RunTrigger, StartRunMode } from './run.ts';
import type { RunJob } from './run-queue.ts';
import type { LogQuery, LogSlice } from './store.ts';
import type { FileStore } from './stored-files.ts';

export type NewRun = {
  workspaceId: string;
  connectionId: string;
  mode: StartRunMode;
  trigger: RunTrigger;
  startedBy: Actor;
  dryRun: boolean;
  review: boolean;
  /** The run to revert, and why. Left out: an ordinary run. */
  reverts?: { runId: string; because: string; connectionDeleted: boolean };
};

/** A run that a worker has taken. `attempt` is the fencing number: only the newest attempt can write to the run. */
export type ClaimedRun = {
  run: RunRecord;
  attempt: number;
  settings: ConnectionSettings;
  /** Empty when `planStands`, because nothing is read then. */
  secrets: Secrets;
  /** The plan of an earlier attempt, or of an approved run, is complete; applying continues from there. */
  planStands: boolean;
  askedMode: StartRunMode;
  /** Where the plan's positions begin in the run's history. They come after those of a plan that was lost while it was applied. */
  positionBase: number;
  /** The run that this one reverts. Null: it is an ordinary run. */
  reverts: string | null;
  /** The connection of the reverted run, if it is deleted. */
  formerConnectionId: string | null;
};

/**
 * Does the work of one claimed run: reads, plans, checks, applies, and ends it as SUCCEEDED, PARTIAL or HELD. Throws an AppError when
 * the run breaks, the signal's reason when it is aborted, and an AppError FENCED when another attempt has taken over. Anything else
 * thrown is our fault.
 */
export type RunSync = (claimed: ClaimedRun, signal: AbortSignal) => Promise<void>;

/** Tells other processes, after a commit, that a run has changed and must be read again. */
export type RunSignal = { workspaceId: string; runId: string; connectionId: string | null; ended: boolean };

/** `draft`: only dry runs. `off`: Contact Sync is turned off for the workspace. `unknown`: no such connection. */
export type StoredStart =
  | { kind: 'started'; run: RunRecord }
  | { kind: 'already_running'; run: RunRecord }
  | { kind: 'draft' }
  | { kind: 'off' }
  | { kind: 'unknown' };

/** Why a run can't be reverted. */
export type RevertRefusal = 'unknown' | 'not_ended' | 'nothing' | 'already' | 'history_gone' | 'busy';
export type StoredRevert = { kind: 'started'; run: RunRecord } | { kind: RevertRefusal | 'off' };

/** A connection with a schedule, and the time up to which the schedule has been checked. */
export type ScheduledConnection = {
  workspaceId: string;
  connectionId: string;
  schedule: Schedule;
  /** Whether it may start runs: the connection is Enabled, and its workspace has Contact Sync on. */
  active: boolean;
  /** Due times up to here are done. At first it is the time of the edit that set the schedule. */
  lookedAt: Date;
  /** Whether `lookedAt` is stored with this schedule; if not, it comes from the edit. */
  marked: boolean;
  /** The stored time, which may belong to an earlier schedule; null: none. Only a process that saw this value may move it. */
  mark: Date | null;
};

/** What an attempt at a run must know while it works: whether it must end, or is no longer the newest. */
export type AttemptState = 'going_on' | 'cancel_requested' | 'fenced';

/**
 * The runner's store of runs. It has the service's own rights, so every call names the workspace. Each state change commits together
 * with its signal to all processes. Malformed ids count as unknown.
 */
export type RunStore = {
  /**
   * Inserts a QUEUED run and its queue job in one transaction, or returns the connection's run that has not ended yet.
   */
  startRun(run: NewRun): Promise<StoredStart>;
  /** Inserts a QUEUED run that reverts another one. */
  startRevert(workspaceId: string, runId: string, by: Actor): Promise<StoredRevert>;
  findRun(workspaceId: string, runId: string): Promise<RunRecord | null>;
  findRuns(workspaceId: string, runIds: readonly string[]): Promise<RunRecord[]>;
  /** The workspace's runs that have not ended, or were queued after `since`. */
  recentRuns(workspaceId: string, since: Date): Promise<RunRecord[]>;
  /** Sorted by name. */
  enabledConnectionIds(workspaceId: string): Promise<string[]>;
  workspace(workspaceId: string): Promise<Workspace | null>;
  connectionExists(workspaceId: string, connectionId: string): Promise<boolean>;
  /**
   * The decrypted secrets of a connection's source, to be used with the settings of this version. Throws an AppError when the key is
   * missing, and CONNECTION_CHANGED when the connection has another version now.
   */
  secrets(workspaceId: string, connection: { id: string; version: number }): Promise<Secrets>;
  readonly files: FileStore;

  /**
   * Takes a QUEUED run, or a RUNNING one whose worker died, as the next attempt. A run that must read gets the connection's current
   * settings, secrets and version, all from one moment. A run whose plan is complete keeps those of the plan. Null: there is nothing
   * to do. `databaseLost`: this process worked on the run until the database was lost.
   */
  claim(job: RunJob, databaseLost?: boolean): Promise<ClaimedRun | null>;
  attemptState(claimed: ClaimedRun): Promise<AttemptState>;
  /** Ends a QUEUED or HELD run CANCELLED at once. Marks a RUNNING run and tells its worker. */
  cancel(
    workspaceId: string,
    runId: string,
    by: Actor,
  ): Promise<{ kind: 'done' | 'ended'; run: RunRecord } | { kind: 'unknown' }>;
  /** Queues a HELD run again, with its plan and a new job. `outdated`: the connection was edited since, or was deleted. */
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
  /** Ends the run FAILED or CANCELLED, with its last log line. False: another attempt has taken over, or the run has ended. */
  end(claimed: ClaimedRun, ending: { status: 'CANCELLED' } | { status: 'FAILED'; error: RunError }): Promise<boolean>;
  /** Queues the run again, so that another workspace gets its slot. A run that was applying continues there later. */
  giveWay(claimed: ClaimedRun): Promise<void>;
  /**
   * Turns Contact Sync on or off. Off also cancels, in the same transaction, all runs of the workspace that have not ended; no run is
   * started or claimed afterwards.
   */
  setContactSyncEnabled(workspaceId: string, enabled: boolean, by: Actor): Promise<void>;
  /** Adds a line to a run unless it has ended. */
  addLine(workspaceId: string, runId: string, line: NewLogLine): Promise<void>;
  /**
   * Gives runs that have lost their worker another job, or ends them if they were to be cancelled. A run is lost if it is QUEUED or
   * RUNNING and none of its jobs waits or was kept alive within the last ten seconds.
   */
  recoverLostRuns(): Promise<void>;
  runLog(workspaceId: string, runId: string, query: LogQuery): Promise<LogSlice>;

  /** All connections of all workspaces that have a schedule. */
  scheduledConnections(): Promise<ScheduledConnection[]>;
  /**
   * Marks a schedule as checked up to `upTo`, in one transaction. With `fire` it also starts a run; if another run of the connection
   * has not ended, it adds a line there instead. False: another process was faster, or the connection is gone.
   */
  passSchedule(scheduled: ScheduledConnection, upTo: Date, fire: boolean): Promise<boolean>;
};

/** Signals for runs that changed in any process. The tables are the truth; a signal only says "look again". */
export type RunSignals = {
  /**
   * `hear` gets each signal that comes after this call. `missed` is called when signals may have been lost, because the connection to
   * the database broke and is up again. Returns the function that ends both; it may be called twice.
   */
  subscribe(hear: (signal: RunSignal) => void, missed: () => void): () => void;
};
