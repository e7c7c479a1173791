import { once } from 'node:events';
import type { ContactFeedPart } from '../core/contact-feed.ts';

/** Signals that contacts of a workspace may have changed. */
export type ContactSignals = {
  /** `hear` gets the workspace. `missed` is called when signals may have been lost. Returns the function that ends both. */
  onContacts(hear: (workspaceId: string) => void, missed: () => void): () => void;
};

/** The shortest time between two events for one viewer, so that many small changes come together. */
const betweenEventsMs = 100;

/**
 * The parts of a workspace's feed, beginning with `first`, which has been read, until `signal` aborts. Each further
 * part is read when the viewer asks for it, so nothing queues up for a slow viewer. Parts without changes are left out.
 */
export async function* followContacts(
  signals: ContactSignals,
  workspaceId: string,
  read: (after: string) => Promise<ContactFeedPart>,
  first: ContactFeedPart,
  signal: AbortSignal,
): AsyncGenerator<ContactFeedPart, void, undefined> {
  let changed = true;
  let wake = (): void => {};
  const look = (): void => {
    changed = true;
    wake();
  };
  const stop = signals.onContacts((changedIn) => {
    if (changedIn === workspaceId) look();
  }, look);
  signal.addEventListener('abort', look);
  try {
    for (let part = first; !signal.aborted; part = await read(part.cursor)) {
      if (part.changes.length > 0) yield part;
      if (!part.isNewest) continue;
      while (!changed && !signal.aborted)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      await pause(signal);
      changed = false;
    }
  } finally {
    stop();
    signal.removeEventListener('abort', look);
  }
}

/** A short pause, so that changes that follow each other come together. */
async function pause(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = AbortSignal.any([signal, AbortSignal.timeout(betweenEventsMs)]);
  if (!over.aborted) await once(over, 'abort');
}
