import type { RunSignals } from '../core/run-signals.ts';
import type { RunSignal } from '../core/run-store.ts';
import { JOB_CHANNEL, RUN_CHANNEL, SWITCH_CHANNEL } from './channels.ts';
import { listen } from './listen.ts';

export type WorkspaceSignals = RunSignals & {
  /** `hear` is called when a job may have been queued, by whichever process. */
  onJob(hear: () => void): () => void;
  /** `hear` is told the workspace in which Contact Sync was turned on or off; `missed` when some may have been lost. */
  onContactSync(hear: (workspaceId: string) => void, missed: () => void): () => void;
};

/** Hears of what changes in any process, over one connection. Throws an AppError when the database can't be reached. */
export async function openRunSignals(
  url: string,
  onTrouble?: (error: Error) => void,
): Promise<WorkspaceSignals & { close(): Promise<void> }> {
  const listener = await listen({ url, channel: RUN_CHANNEL, more: [SWITCH_CHANNEL, JOB_CHANNEL], onTrouble });
  return {
    subscribe: (hear, missed) => listener.subscribe((payload) => hear(toSignal(payload)), missed),
    onJob: (hear) => listener.subscribe(hear, hear, JOB_CHANNEL),
    onContactSync: (hear, missed) => listener.subscribe(hear, missed, SWITCH_CHANNEL),
    close: listener.close,
  };
}

function toSignal(payload: string): RunSignal {
  const [workspaceId = '', runId = '', connectionId = '-', what] = payload.split(' ');
  return { workspaceId, runId, connectionId: connectionId === '-' ? null : connectionId, ended: what === 'ended' };
}
