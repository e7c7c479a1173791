import type { PoolClient } from 'pg';
import type { RunSignal, RunSignals } from '../../core/run-store.ts';
import { listen } from './listen.ts';

// The channels. A transaction notifies all processes when it commits; they then look again.

/** Sent by each transaction that changes a run or its log: `<workspace> <run> <connection or -> <changed or ended>`. */
export const RUN_CHANNEL = 'contact_sync_run';

/** Sent by a trigger when Contact Sync is turned on or off: the workspace's id. The first migration contains this name. */
export const SWITCH_CHANNEL = 'contact_sync_switch';

/** Sent by each transaction that changes contacts: the workspace's id. */
export const CONTACT_CHANNEL = 'contact_sync_contact';

/** Sent by each transaction that queues a job. */
export const JOB_CHANNEL = 'contact_sync_job';

/** Notifies all processes, when the transaction commits, that a run or its log has changed. `moveRun` does so itself. */
export async function tellRun(
  client: PoolClient,
  run: { workspaceId: string; runId: string; connectionId: string | null },
): Promise<void> {
  await client.query('SELECT pg_notify($1, $2)', [
    RUN_CHANNEL,
    `${run.workspaceId} ${run.runId} ${run.connectionId ?? '-'} changed`,
  ]);
}

export type WorkspaceSignals = RunSignals & {
  /** `hear` is called when any process may have queued a job. */
  onJob(hear: () => void): () => void;
  /** `hear` gets the workspace in which contacts were changed. `missed` is called when some may have been lost. */
  onContacts(hear: (workspaceId: string) => void, missed: () => void): () => void;
  /** `hear` gets the workspace in which Contact Sync was turned on or off. `missed` is called when some may have been lost. */
  onContactSync(hear: (workspaceId: string) => void, missed: () => void): () => void;
};

/** Hears of changes made by any process, over one connection. Throws an AppError when the database can't be reached. */
export async function openRunSignals(
  url: string,
  onTrouble?: (error: Error) => void,
): Promise<WorkspaceSignals & { close(): Promise<void> }> {
  const listener = await listen({
    url,
    channel: RUN_CHANNEL,
    more: [SWITCH_CHANNEL, CONTACT_CHANNEL, JOB_CHANNEL],
    onTrouble,
  });
  return {
    subscribe: (hear, missed) => listener.subscribe((payload) => hear(toSignal(payload)), missed),
    onJob: (hear) => listener.subscribe(hear, hear, JOB_CHANNEL),
    onContacts: (hear, missed) => listener.subscribe(hear, missed, CONTACT_CHANNEL),
    onContactSync: (hear, missed) => listener.subscribe(hear, missed, SWITCH_CHANNEL),
    close: listener.close,
  };
}

function toSignal(payload: string): RunSignal {
  const [workspaceId = '', runId = '', connectionId = '-', what] = payload.split(' ');
  return { workspaceId, runId, connectionId: connectionId === '-' ? null : connectionId, ended: what === 'ended' };
}
