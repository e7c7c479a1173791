import { setTimeout as wait } from 'node:timers/promises';

/** Waits; ends early, without an error, when the signal aborts. Zero or less: at once. */
export async function waitAtMost(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
