import type { Actor } from './access.ts';
import type { Schedule } from './connection.ts';
import type { RunRecord } from './records.ts';
import type { LogLevel, LogLine, RunStatus, StartRunMode } from './run.ts';
import type { UserError } from './user-error.ts';

export type StartRunRequest = { mode: StartRunMode; dryRun: boolean; review: boolean; by: Actor };

/** `draft`: a Draft can only be run dry. `unknown`: no such connection (a foreign or malformed id alike). */
export type StartRunOutcome =
  | { kind: 'started'; run: RunRecord; alreadyRunning: boolean }
  | { kind: 'draft' }
  | { kind: 'unknown' };

/** `ended`: there was nothing left to cancel. */
export type CancelRunOutcome =
  | { kind: 'done'; run: RunRecord }
  | { kind: 'ended'; run: RunRecord }
  | { kind: 'unknown' };

/** `outdated`: the connection has been edited since the plan was made, or is gone. */
export type ApproveRunOutcome = { kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'outdated' | 'unknown' };

export type RejectRunOutcome = { kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'unknown' };

/** Lines (after, lastSeq] of a run's log that are at the wanted level or above; `lastSeq` counts the others too. */
export type LogBatch = { runId: string; runStatus: RunStatus; lines: LogLine[]; lastSeq: number };

/** A run's log, read once for all who follow it in this process; each has a place in it, the `seq` of their newest line. */
export type FollowedLog = AsyncIterable<LogBatch> & {
  /** Of the newest line that is known of. */
  readonly lastSeq: number;
  /**
   * What there is for somebody at that place who was last told that status: lines, the word that the run has ended, nothing
   * more at all, or nothing yet, and then `whenChanged` tells when to look again.
   */
  now(after: number, told: RunStatus | null): 'lines' | 'end' | 'over' | 'nothing yet';
  /** Up to 1,000 lines after that place; none, with a later `lastSeq`, where all are below the level. */
  read(after: number): Promise<LogBatch>;
  /** Calls back once; the function returned takes that back. While nobody waits so, the database isn't asked. */
  whenChanged(call: () => void): () => void;
};

/**
 * What the API asks of those who run syncs. Expected refusals come back as outcomes; what is thrown is an AppError for the
 * client or a fault of ours. Every call names the workspace; permissions, and whether Contact Sync is on, are the caller's.
 */
export type RunnerPort = {
  /** Queues a run (trigger MANUAL), or tells the one that has not ended. Malformed ids are unknown ones. */
  startRun(workspaceId: string, connectionId: string, request: StartRunRequest): Promise<StartRunOutcome>;
  /** Queues a run (trigger RUN_ALL) of every Enabled connection; one that has a run already counts with that one. */
  startAllRuns(workspaceId: string, request: { mode: StartRunMode; by: Actor }): Promise<RunRecord[]>;
  cancelRun(workspaceId: string, runId: string, by: Actor): Promise<CancelRunOutcome>;
  approveRun(workspaceId: string, runId: string, by: Actor): Promise<ApproveRunOutcome>;
  rejectRun(workspaceId: string, runId: string, by: Actor): Promise<RejectRunOutcome>;
  /** Turns Contact Sync on or off; off also cancels all runs of the workspace that have not ended, and ends their streams. */
  setContactSyncEnabled(workspaceId: string, enabled: boolean, by: Actor): Promise<void>;

  /**
   * The run's state at once, then at each change, at most four a second; ends after the state of an ended run, or when
   * `signal` aborts. Ends without a state when there is no such run.
   */
  followProgress(workspaceId: string, runId: string, signal: AbortSignal): AsyncIterable<RunRecord>;
  /**
   * A log, once its run has been read. As an iterable it gives the lines after `after`, in order, each once, and ends after the
   * last line of an ended run; every batch's `lastSeq` is the `after` to go on from. Over when `signal` aborts.
   */
  followLog(
    workspaceId: string,
    runId: string,
    after: number,
    minLevel: LogLevel,
    signal: AbortSignal,
  ): Promise<FollowedLog>;
  /** Every run of the workspace, or of one connection, as it changes; listening has begun when the first `next()` is asked. */
  followRuns(workspaceId: string, connectionId: string | null, signal: AbortSignal): AsyncIterable<RunRecord>;

  /** The next `count` times of a valid schedule after `from`, in order. */
  nextTimes(schedule: Schedule, count: number, from: Date): Date[];

  /** What is wrong with a schedule, told below `path`, where it stands in the arguments. */
  checkSchedule(schedule: Schedule, path: readonly string[]): UserError[];
};
