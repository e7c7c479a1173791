import type { NewLogLine } from '../core/run.ts';
import type { SyncRun } from '../core/sync-store.ts';
import * as lines from './log/run-lines.ts';
import type { ReadCounts } from './read-messages.ts';
import type { ReadEvents } from './start-reader.ts';

/** Progress is stored at most four times a second, a line of how far at most once. */
const reportEveryMs = 250;
const lineEveryMs = 1000;

/** Which part of the whole each phase is, where the number of people is known beforehand. */
const readingShare = 0.5;
const planningShare = 0.1;

/**
 * Reports a read as it goes on: the connection when it stands, then counts and now and then a line. Reports follow one
 * another; what comes while one is being stored is part of the next.
 */
export function followReading(run: SyncRun, expectedPeople: number | null): ReadEvents & { end(): Promise<void> } {
  let reporting: Promise<void> = Promise.resolve();
  let busy = false;
  /** Of changes nobody knows how many there are. */
  let expected = expectedPeople;
  let failure: { error: unknown } | null = null;
  let lastReport = 0;
  const startedAt = performance.now();
  let lastLine = startedAt;
  const report = (change: Parameters<SyncRun['report']>[0]): void => {
    busy = true;
    reporting = reporting
      .then(() => run.report(change))
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        busy = false;
      });
  };
  return {
    onConnected: (server, notes) => report({ event: 'CONNECTED', lines: lines.connected(server, notes) }),
    onBegun: (extent) => {
      if (extent === 'changes') expected = null;
    },
    onCounts: (counts: ReadCounts) => {
      const now = performance.now();
      if (busy || now - lastReport < reportEveryMs) return;
      lastReport = now;
      const due = now - lastLine >= lineEveryMs;
      if (due) lastLine = now;
      report({
        counts: { read: counts.read, inScope: counts.inScope, unchanged: counts.unchanged },
        excluded: counts.excluded,
        progress: expected ? Math.min(1, counts.read / expected) * readingShare : null,
        lines: due ? [lines.reading(counts.read, Math.round((1000 * counts.read) / (now - startedAt)))] : [],
      });
    },
    end: async () => {
      await reporting;
      if (failure !== null) throw failure.error;
    },
  };
}

/** Reports planning, at most four times a second. */
export function followPlanning(run: SyncRun) {
  let lastReport = 0;
  return async (decided: number, total: number): Promise<void> => {
    const now = performance.now();
    if (now - lastReport < reportEveryMs) return;
    lastReport = now;
    await run.report({ progress: readingShare + (planningShare * decided) / total });
  };
}

/** What is stored with each batch of applied changes: how far it is, and a line at most once a second. */
export function followApplying() {
  let lastLine = performance.now();
  return (applied: number, total: number): { progress: number; lines: NewLogLine[] } => {
    const now = performance.now();
    const before = readingShare + planningShare;
    const progress = before + ((1 - before) * applied) / Math.max(1, total);
    if (now - lastLine < lineEveryMs) return { progress, lines: [] };
    lastLine = now;
    return { progress, lines: [lines.applying(applied, total)] };
  };
}
