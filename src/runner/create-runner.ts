import type { Actor } from '../core/access.ts';
import type { ProcessLog } from '../core/process-log.ts';
import type { RunSignals, RunStore } from '../core/run-store.ts';
import type { RunnerPort } from '../core/runner-port.ts';
import { faultsBelow } from '../core/user-error.ts';
import { type ContactSignals, followContacts } from './follow-contacts.ts';
import { followLog } from './follow-run/follow-log.ts';
import { followProgress } from './follow-run/follow-progress.ts';
import { createWorkspaceFeeds, followRuns, type WorkspaceFeeds } from './follow-run/follow-runs.ts';
import { createRunFeeds } from './follow-run/run-feed.ts';
import { repeat } from './repeat.ts';
import { nextTimes } from './schedule/next-times.ts';
import { scheduleFault } from './schedule/schedule-fault.ts';
import { revertRun, startAllRuns, startRun } from './start-run.ts';

export type RunnerParts = {
  store: RunStore;
  signals: RunSignals & ContactSignals;
  log: ProcessLog;
};

export type Runner = RunnerPort & {
  /** Stops the search for lost runs. Streams end by their own signals. */
  close(): Promise<void>;
};

/** This also ends cancelled runs whose worker is dead, even if no worker is left at all. */
const recoveryEveryMs = 3000;

/** The runner as the API uses it. */
export function createRunner({ store, signals, log }: RunnerParts): Runner {
  const onTrouble = (err: unknown) => log.warn({ err }, 'A run could not be read; it is tried again');
  const runFeeds = createRunFeeds(store, signals, onTrouble);
  const workspaceFeeds = createWorkspaceFeeds(store, signals, onTrouble);
  const recovery = repeat(() => store.recoverLostRuns(), recoveryEveryMs, onTrouble);
  return {
    startRun: (workspaceId, connectionId, request) => startRun(store, workspaceId, connectionId, request),
    startAllRuns: (workspaceId, request) => startAllRuns(store, workspaceId, request),
    cancelRun: (workspaceId, runId, by) => store.cancel(workspaceId, runId, by),
    approveRun: (workspaceId, runId, by) => store.approve(workspaceId, runId, by),
    rejectRun: (workspaceId, runId, by) => store.reject(workspaceId, runId, by),
    revertRun: (workspaceId, runId, by) => revertRun(store, workspaceId, runId, by),
    setContactSyncEnabled: (workspaceId, enabled, by) =>
      setContactSyncEnabled(store, workspaceFeeds, workspaceId, enabled, by),
    followProgress: (workspaceId, runId, signal) => followProgress(runFeeds, { workspaceId, runId }, signal),
    followLog: (workspaceId, runId, after, minLevel, signal) =>
      followLog(runFeeds, { workspaceId, runId, after, minLevel }, signal),
    followRuns: (workspaceId, connectionId, signal) =>
      followRuns(workspaceFeeds, { workspaceId, connectionId }, signal),
    followContacts: (workspaceId, read, first, signal) => followContacts(signals, workspaceId, read, first, signal),
    nextTimes,
    checkSchedule: (schedule, path) => {
      const fault = scheduleFault(schedule, new Date());
      return fault === null ? [] : faultsBelow(path, [fault]);
    },
    close: () => recovery.stop(),
  };
}

/** Turns Contact Sync on or off. Off also ends the streams that follow the workspace's runs. */
export async function setContactSyncEnabled(
  store: RunStore,
  feeds: WorkspaceFeeds,
  workspaceId: string,
  enabled: boolean,
  by: Actor,
): Promise<void> {
  await store.setContactSyncEnabled(workspaceId, enabled, by);
  if (!enabled) feeds.lookAtAll(workspaceId);
}
