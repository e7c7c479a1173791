import type { Actor, Workspace } from './access.ts';
import type { ConnectionSettings, LdapSecrets } from './connection.ts';
import type { ConnectionRecord, RunRecord } from './records.ts';
import type { NewLogLine, RunTrigger } from './run.ts';
import type { LogQuery, LogSlice } from './store.ts';

export type NewRun = {
  workspaceId: string;
  connectionId: string;
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
  secrets: LdapSecrets;
  /** Set when the plan of an earlier attempt, or of an approved run, stands and applying goes on from there. */
  planStands: boolean;
};

/** A change that other processes are told of, after its commit: look again. */
export type RunSignal = { workspaceId: string; runId: string; connectionId: string | null };

/**
 * Where runs live, for the runner: with the service's own rights, so every call names the workspace. Each state change
 * commits together with its signal to all processes.
 */
export type RunStore = {
  /**
   * Inserts a QUEUED run with the connection's settings as they are now and its queue job, in one transaction, or tells
   * the run of that connection which has not ended yet. Null: no such connection.
   */
  startRun(run: NewRun): Promise<{ run: RunRecord; alreadyRunning: boolean } | null>;
  findRun(workspaceId: string, runId: string): Promise<RunRecord | null>;
  enabledConnections(workspaceId: string): Promise<ConnectionRecord[]>;
  workspace(workspaceId: string): Promise<Workspace | null>;
  /** All connections of all workspaces that have a schedule and are Enabled, with whether their workspace has sync on. */
  scheduledConnections(): Promise<ConnectionRecord[]>;

  /** Takes a QUEUED run, or a RUNNING one whose worker died, with the next attempt. Null: it has ended, or waits HELD. */
  claim(workspaceId: string, runId: string): Promise<ClaimedRun | null>;
  /** QUEUED and HELD end CANCELLED at once; a RUNNING one is marked, and its worker told. Null: no such run. */
  cancel(workspaceId: string, runId: string, by: Actor): Promise<RunRecord | null>;
  /** HELD becomes QUEUED again, its plan standing, with a job. Conflict kinds: not held; the connection was edited since. */
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
  /** Ends the run FAILED or CANCELLED under its fencing number, its last lines with it; false when fenced off. */
  end(
    claimed: ClaimedRun,
    outcome: { status: 'FAILED' | 'CANCELLED'; error: RunRecord['error']; lines: NewLogLine[] },
  ): Promise<boolean>;
  /** Cancels all runs of the workspace that have not ended (Contact Sync was turned off). */
  cancelAll(workspaceId: string, by: Actor): Promise<void>;
  /** Adds a line to a run that is not being worked on (a HELD one that a schedule passed over, say). */
  addLine(workspaceId: string, runId: string, line: NewLogLine): Promise<void>;
  runLog(workspaceId: string, runId: string, query: LogQuery): Promise<LogSlice>;
};
