import type { Held } from '../../core/held.ts';
import type { RunRecord } from '../../core/records.ts';
import type { LogLevel } from '../../core/run.ts';
import type { RunStore } from '../../core/run-store.ts';
import type { LogSlice } from '../../core/store.ts';
import { createPacedReader } from './paced-reader.ts';

/** A run as it was read at some moment; null: there is no such run. A later view has a greater version. */
export type RunView = { run: RunRecord | null; version: number };

/**
 * One run, read once for all who follow it in this process. It is read anew when it is said to have changed, at most ten
 * times a second, and at once when it is said to have ended.
 */
export type RunFeed = {
  /** The newest view; waits for the first one, and throws when that can't be read. */
  view(): Promise<RunView>;
  /** The newest view, when it is newer than that version or becomes so; the old one when the signal aborts. */
  viewAfter(version: number, signal: AbortSignal): Promise<RunView>;
  /**
   * Up to 1,000 lines (fewer when many are held) after `after`, none beyond the view's last. Viewers who ask for the same lines
   * at about the same time share one read.
   */
  lines(view: RunView, minLevel: LogLevel, after: number): Promise<LogSlice>;
  /** Says that the run may have changed; `at once`: that it has ended. */
  lookAgain(when: 'soon' | 'at once'): void;
  /** Counts lines while somebody works on them; the function returned ends that. */
  hold(slice: LogSlice): () => void;
  close(): void;
};

const betweenReadsMs = 100;
/** Lines of a read. */
const linesAtOnce = { most: 1000, least: 20 };
/** The part of the room left in this process that a read may have. */
const share = 50;
/** Reads of lines that are shared; a replay of a long log leaves the older ones behind. */
const mostSlices = 4;

/** The feed of one run. `onTrouble` hears of reads that failed after the first; they are tried again when told to look. */
export function openRunFeed(
  store: RunStore,
  workspaceId: string,
  runId: string,
  onTrouble: (error: unknown) => void,
  held: Held,
): RunFeed {
  let current: RunView | null = null;
  let slices = new Map<string, Promise<LogSlice>>();
  const waiting = new Set<() => void>();
  const reader = createPacedReader(betweenReadsMs, async () => {
    const run = await store.findRun(workspaceId, runId);
    if (current !== null && JSON.stringify(run) === JSON.stringify(current.run)) return;
    current = { run, version: (current?.version ?? 0) + 1 };
    slices = new Map();
    for (const wake of [...waiting]) wake();
  });
  const first = reader.read();
  first.catch(() => undefined);

  const view = async (): Promise<RunView> => {
    await first;
    return current ?? { run: null, version: 0 };
  };

  const nextChange = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });

  return {
    view,
    async viewAfter(version, signal) {
      await first;
      // Looked at and waited for without a turn in between, or a change that is read just now would be missed.
      if ((current?.version ?? 0) <= version && !signal.aborted) await nextChange(signal);
      return view();
    },
    lines(seen, minLevel, after) {
      const key = `${seen.version} ${minLevel} ${after}`;
      let slice = slices.get(key);
      if (slice === undefined) {
        const first = held.share(share, linesAtOnce);
        slice = readLines(store, seen, { minLevel, after, first });
        // Counted before they have come: many may be read at the same time.
        const reading = slice;
        held.keep(reading, first);
        const read = () => held.drop(reading);
        reading.then(read, read);
        slices.set(key, slice);
        for (const oldest of slices.keys()) {
          if (slices.size <= mostSlices) break;
          slices.delete(oldest);
        }
        // What could not be read may be asked for again.
        slice.catch(() => slices.delete(key));
      }
      return slice;
    },
    lookAgain: (when) => {
      (when === 'soon' ? reader.read() : reader.readAtOnce()).catch(onTrouble);
    },
    hold(slice) {
      held.keep(slice, slice.lines.length);
      return () => held.drop(slice);
    },
    close: () => reader.close(),
  };
}

/** Lines stored since the view are left for the next one, so that all who have caught up stand at the same line. */
async function readLines(
  store: RunStore,
  view: RunView,
  { minLevel, after, first }: { minLevel: LogLevel; after: number; first: number },
): Promise<LogSlice> {
  if (view.run === null) return { lines: [], lastSeq: after, hasMore: false };
  const { workspaceId, id, lastSeq: end } = view.run;
  const slice = await store.runLog(workspaceId, id, { after, minLevel, search: null, first });
  const lastSeq = slice.hasMore ? Math.min(slice.lastSeq, end) : Math.max(after, end);
  return { lines: slice.lines.filter((line) => line.seq <= end), lastSeq, hasMore: lastSeq < end };
}
