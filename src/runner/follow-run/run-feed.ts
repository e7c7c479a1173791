import { Held } from '../../core/held.ts';
import type { RunRecord } from '../../core/records.ts';
import type { LogLevel } from '../../core/run.ts';
import type { RunSignals, RunStore } from '../../core/run-store.ts';
import type { LogSlice } from '../../core/store.ts';
import { createPacedReader } from './paced-reader.ts';
import { shareFeeds } from './share-feeds.ts';

/** A run as it was read at one moment. `run` null: there is no such run. A later view has a greater version. */
export type RunView = { run: RunRecord | null; version: number };

/**
 * One run and its log, read once for all followers in this process. While a follower waits, it is read again after each signal, at
 * most ten times a second, and at once when the signal says that it has ended. While nobody waits, nothing is read.
 */
export type RunFeed = {
  /** The newest view. It is read again if the run may have changed. Throws when the first read fails. */
  view(): Promise<RunView>;
  /** The view that was read last. */
  known(): RunView;
  /** Waits for a view that is newer than that version. Resolves with the old view when the signal aborts. */
  viewAfter(version: number, signal: AbortSignal): Promise<RunView>;
  /** Calls back once, at the next view that differs. The returned function cancels that. */
  whenChanged(call: () => void): () => void;
  /**
   * Up to 1,000 lines after `after`, fewer when many lines are in memory, and none beyond the view's last. Followers that need the same
   * stretch of the log at about the same time share one read.
   */
  lines(view: RunView, minLevel: LogLevel, after: number): Promise<LogSlice>;
  /** Says that the run may have changed (`soon`) or has ended (`at once`). */
  lookAgain(when: 'soon' | 'at once'): void;
  close(): void;
};

/** The feeds of all runs with followers in this process. */
export type RunFeeds = { join(workspaceId: string, runId: string): { feed: RunFeed; leave(): void } };

/** A stretch of the log after `after`. It has a `slice` once it has been read. */
type Stretch = { minLevel: LogLevel; after: number; version: number; reading: Promise<LogSlice>; slice?: LogSlice };

const betweenReadsMs = 100;
/** How many lines a read may have. */
const linesAtOnce = { most: 1000, least: 20 };
/** A read may have this fraction (1/`share`) of the free space for lines in this process. */
const share = 40;
/** How many stretches of a log are kept. A replay of a long log drops the oldest. */
const mostStretches = 4;
/** How many lines all feeds of this process may hold, including those being read. */
const mostLinesHeld = 50_000;

/** `onTrouble` gets the errors of reads after the first. They are tried again. */
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

/** Whether two views of a run show the same, apart from its log. */
export function sameState(one: RunRecord, other: RunRecord): boolean {
  return JSON.stringify({ ...one, lastSeq: 0 }) === JSON.stringify({ ...other, lastSeq: 0 });
}

/** The feed of one run. `held` counts the lines in memory. */
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
      // No `await` may come between this check and the waiting; otherwise a change in between would be missed.
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

/** The stretches of one log that were read last. A follower in the middle of a stretch gets the rest of it. */
function openStretches(store: RunStore, held: Held) {
  const kept = new Set<Stretch>();
  const drop = (stretch: Stretch) => {
    if (kept.delete(stretch)) held.drop(stretch);
  };
  const read = (view: RunView, minLevel: LogLevel, after: number): Stretch => {
    const first = held.share(share, linesAtOnce);
    const reading = readLines(store, view, { minLevel, after, first });
    const stretch: Stretch = { minLevel, after, version: view.version, reading };
    // They count before they have come, because many reads may run at the same time.
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
      // After a failed read the stretch is read again on request.
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
    /** Drops stretches that reached the log's end. The log has grown, and their readers must get more lines at once. */
    dropShort() {
      for (const stretch of kept) if (stretch.slice?.hasMore !== true) drop(stretch);
    },
    close() {
      for (const stretch of kept) drop(stretch);
    },
  };
}

/** Leaves lines that were stored after the view for the next view, so that all followers who have caught up are at the same line. */
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
