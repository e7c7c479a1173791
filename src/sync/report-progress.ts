import type { NewLogLine } from '../core/run.ts';
import type { SyncRun } from '../core/sync-store.ts';
import * as lines from './log/run-lines.ts';
import type { ReadCounts } from './read-messages.ts';
import type { ReadEvents } from './start-reader.ts';

/** Progress is stored at most four times a second; a log line about it is written at most once a second. */
const reportEveryMs = 250;
const lineEveryMs = 1000;

/** The share of each phase in the whole run, where the number of people is known beforehand. */
const readingShare = 0.5;
const planningShare = 0.1;

/**
 * Reports a read while it runs: first the connection, then counts and sometimes a log line. Reports are stored one after
 * another. While one is being stored, counts are dropped: the next report has newer ones.
 */
export function followReading(run: SyncRun, expectedPeople: number | null): ReadEvents & { end(): Promise<void> } {
  let reporting: Promise<void> = Promise.resolve();
  let busy = false;
  /** Null for a feed of changes, whose number is unknown. */
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
    onBegun: (extent, mode) => {
      if (extent === 'changes') expected = null;
      report({ mode, lines: [lines.readMode(mode)] });
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

/** Makes the progress that is stored with each batch of applied changes, and a log line at most once a second. */
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
