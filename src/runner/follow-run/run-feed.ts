import { Held } from '../../core/held.ts';
import type { RunRecord } from '../../core/records.ts';
import type { LogLevel } from '../../core/run.ts';
import type { RunSignals, RunStore } from '../../core/run-store.ts';
import type { LogSlice } from '../../core/store.ts';
import { createPacedReader } from './paced-reader.ts';
import { shareFeeds } from './share-feeds.ts';

/** A run as it was read at some moment; null: there is no such run. A later view has a greater version. */
export type RunView = { run: RunRecord | null; version: number };

/**
 * One run and its log, read once for all who follow it in this process. While somebody waits, it is read anew when it is
 * said to have changed, at most ten times a second, and at once when it is said to have ended. While nobody waits,
 * nothing is read.
 */
export type RunFeed = {
  /** The newest view, read anew when the run may have changed meanwhile. Throws when the first one can't be read. */
  view(): Promise<RunView>;
  /** As last read. */
  known(): RunView;
  /** The newest view, when it is newer than that version or becomes so; the old one when the signal aborts. */
  viewAfter(version: number, signal: AbortSignal): Promise<RunView>;
  /** Calls back once, at the next view that differs; the function returned takes that back. */
  whenChanged(call: () => void): () => void;
  /**
   * Up to 1,000 lines (fewer when many are kept) after `after`, none beyond the view's last. A stretch is read once for all
   * who are in it at about the same time.
   */
  lines(view: RunView, minLevel: LogLevel, after: number): Promise<LogSlice>;
  /** Says that the run may have changed; `at once`: that it has ended. */
  lookAgain(when: 'soon' | 'at once'): void;
  close(): void;
};

/** The feeds of the runs that somebody in this process follows. */
export type RunFeeds = { join(workspaceId: string, runId: string): { feed: RunFeed; leave(): void } };

/** A stretch of the log, from `after` on; `slice` once it has been read. */
type Stretch = { minLevel: LogLevel; after: number; version: number; reading: Promise<LogSlice>; slice?: LogSlice };

const betweenReadsMs = 100;
/** Lines of a read. */
const linesAtOnce = { most: 1000, least: 20 };
/** The part of the room left in this process that a read may have. */
const share = 40;
/** Stretches that are kept; a replay of a long log leaves the older ones behind. */
const mostStretches = 4;
/** Lines that all feeds of this process keep and read. */
const mostLinesHeld = 50_000;

/** `onTrouble` hears of reads that failed after the first; they are tried again. */
export function createRunFeeds(store: RunStore, signals: RunSignals, onTrouble: (error: unknown) => void): RunFeeds {
  const held = new Held(mostLinesHeld);
  const feeds = shareFeeds<RunFeed>(signals, {
    keyOf: ({ workspaceId, runId }) => `${workspaceId} ${runId}`,
    hear: (feed, { ended }) => feed.lookAgain(ended ? 'at once' : 'soon'),
    lookAtAll: (feed) => feed.lookAgain('soon'),
    close: (feed) => feed.close(),
  });
  return {
    join: (workspaceId, runId) =>
      feeds.join(`${workspaceId} ${runId.toLowerCase()}`, () =>
        openRunFeed(store, workspaceId, runId, onTrouble, held),
      ),
  };
}

/** Whether two readings of a run show the same, its log aside. */
export function sameState(one: RunRecord, other: RunRecord): boolean {
  return JSON.stringify({ ...one, lastSeq: 0 }) === JSON.stringify({ ...other, lastSeq: 0 });
}

/** The feed of one run. `held` counts the lines that are kept. */
export function openRunFeed(
  store: RunStore,
  workspaceId: string,
  runId: string,
  onTrouble: (error: unknown) => void,
  held: Held,
): RunFeed {
  let current: RunView = { run: null, version: 0 };
  let due: 'soon' | 'at once' | null = null;
  const waiting = new Set<() => void>();
  const stretches = openStretches(store, held);
  const reader = createPacedReader(betweenReadsMs, async () => {
    due = null;
    const run = await store.findRun(workspaceId, runId).catch((error: unknown) => {
      due = 'soon';
      throw error;
    });
    if (current.version > 0 && JSON.stringify(run) === JSON.stringify(current.run)) return;
    current = { run, version: current.version + 1 };
    stretches.dropShort();
    const woken = [...waiting];
    waiting.clear();
    for (const wake of woken) wake();
  });
  const first = reader.read();
  first.catch(() => undefined);

  const lookAgain = (when: 'soon' | 'at once') => {
    due = due === 'at once' ? due : when;
    if (waiting.size > 0) (due === 'soon' ? reader.read() : reader.readAtOnce()).catch(onTrouble);
  };
  const whenChanged = (call: () => void) => {
    waiting.add(call);
    if (due !== null) lookAgain(due);
    return () => void waiting.delete(call);
  };
  const nextChange = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        forget();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const forget = whenChanged(wake);
      signal.addEventListener('abort', wake);
    });

  return {
    async view() {
      await first;
      if (due !== null) await reader.read();
      return current;
    },
    known: () => current,
    async viewAfter(version, signal) {
      await first;
      // Looked at and waited for without a turn in between, or a change that is read just now would be missed.
      if (current.version <= version && !signal.aborted) await nextChange(signal);
      return current;
    },
    whenChanged,
    lines: stretches.lines,
    lookAgain,
    close: () => {
      stretches.close();
      reader.close();
    },
  };
}

/** The stretches of one log that were read last. Those who are in the middle of one get the rest of it. */
function openStretches(store: RunStore, held: Held) {
  const kept = new Set<Stretch>();
  const drop = (stretch: Stretch) => {
    if (kept.delete(stretch)) held.drop(stretch);
  };
  const read = (view: RunView, minLevel: LogLevel, after: number): Stretch => {
    const first = held.share(share, linesAtOnce);
    const reading = readLines(store, view, { minLevel, after, first });
    const stretch: Stretch = { minLevel, after, version: view.version, reading };
    // Counted before the lines have come: many may be read at the same time.
    held.keep(stretch, first);
    kept.add(stretch);
    for (const oldest of kept) {
      if (kept.size <= mostStretches) break;
      drop(oldest);
    }
    reading.then(
      (slice) => {
        stretch.slice = slice;
      },
      // What could not be read may be asked for again.
      () => drop(stretch),
    );
    return stretch;
  };
  return {
    async lines(view: RunView, minLevel: LogLevel, after: number): Promise<LogSlice> {
      const holds = ({ minLevel: level, after: from, version, slice }: Stretch) =>
        level === minLevel &&
        (slice === undefined ? from === after && version === view.version : from <= after && after < slice.lastSeq);
      const stretch = [...kept].find(holds) ?? read(view, minLevel, after);
      const slice = await stretch.reading;
      if (stretch.after === after) return slice;
      return { ...slice, lines: slice.lines.filter((line) => line.seq > after) };
    },
    /** Those that ended where the log did, which goes on now: their readers are to get more at once. */
    dropShort() {
      for (const stretch of kept) if (stretch.slice?.hasMore !== true) drop(stretch);
    },
    close() {
      for (const stretch of kept) drop(stretch);
    },
  };
}

/** Lines stored since the view are left for the next one, so that all who have caught up stand at the same line. */
async function readLines(
  store: RunStore,
  view: RunView,
  { minLevel, after, first }: { minLevel: LogLevel; after: number; first: number },
): Promise<LogSlice> {
  if (view.run === null || view.run.lastSeq <= after) return { lines: [], lastSeq: after, hasMore: false };
  const { workspaceId, id, lastSeq: end } = view.run;
  const slice = await store.runLog(workspaceId, id, { after, minLevel, search: null, first });
  const lastSeq = slice.hasMore ? Math.min(slice.lastSeq, end) : Math.max(after, end);
  return { lines: slice.lines.filter((line) => line.seq <= end), lastSeq, hasMore: lastSeq < end };
}
