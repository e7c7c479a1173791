import type { Actor } from './access.ts';
import type { Schedule } from './connection.ts';
import type { ContactFeedPart } from './contact-feed.ts';
import type { RunRecord } from './records.ts';
import type { LogLevel, LogLine, RunStatus, StartRunMode } from './run.ts';
import type { RevertRefusal } from './run-store.ts';
import type { UserError } from './user-error.ts';

export type StartRunRequest = { mode: StartRunMode; dryRun: boolean; review: boolean; by: Actor };

/** `draft`: a Draft allows only dry runs. `unknown`: no such connection; this includes foreign and malformed ids. */
export type StartRunOutcome =
  | { kind: 'started'; run: RunRecord; alreadyRunning: boolean }
  | { kind: 'draft' }
  | { kind: 'unknown' };

/** `ended`: the run had already ended. */
export type CancelRunOutcome =
  | { kind: 'done'; run: RunRecord }
  | { kind: 'ended'; run: RunRecord }
  | { kind: 'unknown' };

/** `outdated`: the connection was edited after the plan was made, or was deleted. */
export type ApproveRunOutcome = { kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'outdated' | 'unknown' };

export type RejectRunOutcome = { kind: 'done'; run: RunRecord } | { kind: 'not_held' | 'unknown' };

export type RevertRunOutcome = { kind: 'done'; run: RunRecord } | { kind: RevertRefusal };

/**
 * A batch of a run's log: the lines with numbers in (after, lastSeq] that have the wanted level or a higher one.
 * `lastSeq` also counts the lines below that level.
 */
export type LogBatch = { runId: string; runStatus: RunStatus; lines: LogLine[]; lastSeq: number };

/**
 * A run's log, read once for all its followers in this process. A follower's position is the `seq` of the newest line
 * that they have.
 */
export type FollowedLog = AsyncIterable<LogBatch> & {
  /** The `seq` of the newest known line. */
  readonly lastSeq: number;
  /**
   * What a follower at this position gets, who was last told this status. `lines`: there are more lines. `end`: the
   * status of the ended run. `over`: nothing more. `nothing yet`: `whenChanged` says when to ask again.
   */
  now(after: number, told: RunStatus | null): 'lines' | 'end' | 'over' | 'nothing yet';
  /**
   * Up to 1,000 lines after this position. If all are below the level, the batch has no lines and a later `lastSeq`.
   */
  read(after: number): Promise<LogBatch>;
  /** Calls back once; the returned function cancels that. The database is read only while somebody waits here. */
  whenChanged(call: () => void): () => void;
};

/**
 * What the API needs from the runner. Expected refusals are returned as outcomes. What is thrown is an AppError for the client, or
 * our own fault. Every call names the workspace. The caller checks permissions and whether Contact Sync is on.
 */
export type RunnerPort = {
  /** Queues a run (trigger MANUAL), or returns the one that has not ended. Malformed ids count as unknown. */
  startRun(workspaceId: string, connectionId: string, request: StartRunRequest): Promise<StartRunOutcome>;
  /** Queues a run (trigger RUN_ALL) of every Enabled connection. If a connection has a run already, that run is returned. */
  startAllRuns(workspaceId: string, request: { mode: StartRunMode; by: Actor }): Promise<RunRecord[]>;
  cancelRun(workspaceId: string, runId: string, by: Actor): Promise<CancelRunOutcome>;
  approveRun(workspaceId: string, runId: string, by: Actor): Promise<ApproveRunOutcome>;
  /** Queues a run (trigger REVERT) that reverts another run. */
  revertRun(workspaceId: string, runId: string, by: Actor): Promise<RevertRunOutcome>;
  rejectRun(workspaceId: string, runId: string, by: Actor): Promise<RejectRunOutcome>;
  /** Turns Contact Sync on or off. Off also cancels all runs of the workspace that have not ended, and ends their streams. */
  setContactSyncEnabled(workspaceId: string, enabled: boolean, by: Actor): Promise<void>;

  /**
   * The run's state at once, then after each change, at most four times a second. Ends after the state of an ended run, or when
   * `signal` aborts. Without such a run it ends at once.
   */
  followProgress(workspaceId: string, runId: string, signal: AbortSignal): AsyncIterable<RunRecord>;
  /**
   * The run's log. Resolves when the run has been read. As an iterable it gives the lines after `after`, in order, each once, and ends
   * after the last line of an ended run, or when `signal` aborts. A batch's `lastSeq` is the `after` to continue from.
   */
  followLog(
    workspaceId: string,
    runId: string,
    after: number,
    minLevel: LogLevel,
    signal: AbortSignal,
  ): Promise<FollowedLog>;
  /** Each run of the workspace, or of one connection, whenever it changes. Listening begins with the first call of `next()`. */
  followRuns(workspaceId: string, connectionId: string | null, signal: AbortSignal): AsyncIterable<RunRecord>;

  /**
   * The change feed of a workspace's contacts, beginning with `first`. Each further part is read with the cursor of the
   * one before, when there may be changes. Ends when `signal` aborts.
   */
  followContacts(
    workspaceId: string,
    read: (after: string) => Promise<ContactFeedPart>,
    first: ContactFeedPart,
    signal: AbortSignal,
  ): AsyncIterable<ContactFeedPart>;

  /** The next `count` times of a valid schedule after `from`, in order. */
  nextTimes(schedule: Schedule, count: number, from: Date): Date[];

  /** What is wrong with a schedule. `path` is its place in the arguments. */
  checkSchedule(schedule: Schedule, path: readonly string[]): UserError[];
};
