import type { RunSignals } from '../core/run-signals.ts';
import type { RunSignal } from '../core/run-store.ts';
import { listen } from './listen.ts';

/** The channel on which each transaction that changes a run or its log tells so: `<workspace> <run> <connection or ->`. */
export const RUN_CHANNEL = 'contact_sync_run';

/** Hears of runs that change in any process, over one connection. Throws an AppError when the database can't be reached. */
export async function openRunSignals(
  url: string,
  onTrouble?: (error: Error) => void,
): Promise<RunSignals & { close(): Promise<void> }> {
  const listener = await listen({ url, channel: RUN_CHANNEL, onTrouble });
  return {
    subscribe: (hear, missed) => listener.subscribe((payload) => hear(toSignal(payload)), missed),
    close: listener.close,
  };
}

function toSignal(payload: string): RunSignal {
  const [workspaceId = '', runId = '', connectionId = '-'] = payload.split(' ');
  return { workspaceId, runId, connectionId: connectionId === '-' ? null : connectionId };
}
