import type { RunRecord } from '../../core/records.ts';
import { isEnded } from '../../core/run.ts';
import type { RunSignals, RunStore } from '../../core/run-store.ts';
import { createPacedReader } from './paced-reader.ts';
import { sameState } from './run-feed.ts';
import { shareFeeds } from './share-feeds.ts';

/**
 * Each run of the workspace, or of one connection, whenever it changes after the first `next()`, at most four times a second. A slow
 * reader gets the newest state of each run. Ends when the connection is deleted, when Contact Sync is turned off, or when the signal
 * aborts.
 */
export async function* followRuns(
  feeds: WorkspaceFeeds,
  wanted: { workspaceId: string; connectionId: string | null },
  signal: AbortSignal,
): AsyncGenerator<RunRecord> {
  const changed = new Map<string, RunRecord>();
  let ended = false;
  let wake = () => {};
  const end = () => {
    ended = true;
    wake();
  };
  const leave = feeds.listen(wanted.workspaceId, {
    connectionId: wanted.connectionId,
    change: (run) => {
      changed.set(run.id, run);
      wake();
    },
    end,
  });
  signal.addEventListener('abort', end);
  try {
    while (!signal.aborted) {
      const [run] = changed.values();
      if (run !== undefined) {
        changed.delete(run.id);
        yield run;
      } else if (ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener('abort', end);
    leave();
  }
}

/** Gets the changed runs of a workspace. `end`: there will be no more. */
export type RunsListener = { connectionId: string | null; change(run: RunRecord): void; end(): void };

/** The feeds of all workspaces with followers in this process. */
export type WorkspaceFeeds = {
  /** The listener gets changes from now on. The returned function ends that. */
  listen(workspaceId: string, listener: RunsListener): () => void;
  /** Says that something other than a run changed in the workspace. */
  lookAtAll(workspaceId: string): void;
};

/** The runs of one workspace, read once for all followers in this process, at most four times a second. */
type WorkspaceFeed = {
  readonly listeners: Set<RunsListener>;
  /** Says that this run has changed. */
  lookAt(runId: string): void;
  /** Looks for changes without a signal: lost signals of runs, deleted connections, Contact Sync turned off. */
  lookAtAll(): void;
  close(): void;
};

const betweenReadsMs = 250;
/** Longer than the time between two complete looks, so that no run is missed. */
const lookBackMs = 60_000;

export function createWorkspaceFeeds(
  store: RunStore,
  signals: RunSignals,
  onTrouble: (error: unknown) => void,
): WorkspaceFeeds {
  const feeds = shareFeeds<WorkspaceFeed>(signals, {
    keyOf: ({ workspaceId }) => workspaceId,
    hear: (feed, { runId }) => feed.lookAt(runId),
    lookAtAll: (feed) => feed.lookAtAll(),
    close: (feed) => feed.close(),
  });
  return {
    listen(workspaceId, listener) {
      const { feed, leave } = feeds.join(workspaceId, () => openWorkspaceFeed(store, workspaceId, onTrouble));
      feed.listeners.add(listener);
      return () => {
        feed.listeners.delete(listener);
        leave();
      };
    },
    lookAtAll: (workspaceId) => feeds.get(workspaceId)?.lookAtAll(),
  };
}

function openWorkspaceFeed(store: RunStore, workspaceId: string, onTrouble: (error: unknown) => void): WorkspaceFeed {
  const listeners = new Set<RunsListener>();
  /**
   * The last known state of each run, and whether followers got it. Runs from before the first look are not reported.
   */
  const known = new Map<string, { run: RunRecord; told: boolean }>();
  let toRead = new Set<string>();
  let all = true;
  let begun = false;

  const pass = (run: RunRecord) => {
    known.set(run.id, { run, told: true });
    for (const listener of listeners) {
      if (listener.connectionId === null || listener.connectionId === run.connectionId) listener.change(run);
    }
  };
  const readNamed = async () => {
    const ids = [...toRead];
    toRead = new Set();
    for (const run of await store.findRuns(workspaceId, ids)) {
      const before = known.get(run.id);
      if (before === undefined || !before.told || !sameState(before.run, run)) pass(run);
    }
  };
  const readAll = async () => {
    const recent = await store.recentRuns(workspaceId, new Date(Date.now() - lookBackMs));
    const seen = new Set(recent.map(({ id }) => id));
    const unseen = [...known.values()].filter(({ run }) => !seen.has(run.id));
    const ended = unseen.filter(({ run }) => !isEnded(run.status)).map(({ run }) => run.id);
    for (const { run } of unseen) known.delete(run.id);
    for (const run of recent) {
      const before = known.get(run.id);
      if (!begun) known.set(run.id, before ?? { run, told: false });
      else if (before === undefined || !sameState(before.run, run)) pass(run);
    }
    for (const run of await store.findRuns(workspaceId, ended)) pass(run);
    begun = true;
    await endOver(store, workspaceId, listeners);
  };
  const reader = createPacedReader(betweenReadsMs, async () => {
    const everything = all;
    all = false;
    await readNamed();
    if (everything) await readAll();
  });
  const read = () => {
    reader.read().catch(onTrouble);
  };
  read();

  return {
    listeners,
    lookAt: (runId) => {
      toRead.add(runId);
      read();
    },
    lookAtAll: () => {
      all = true;
      read();
    },
    close: () => reader.close(),
  };
}

/** Ends the listeners of deleted connections, and all listeners if Contact Sync is off in the workspace. */
async function endOver(store: RunStore, workspaceId: string, listeners: Set<RunsListener>): Promise<void> {
  const workspace = await store.workspace(workspaceId);
  const connections = new Map<string, boolean>();
  for (const { connectionId } of [...listeners]) {
    if (connectionId === null || connections.has(connectionId)) continue;
    connections.set(connectionId, await store.connectionExists(workspaceId, connectionId));
  }
  for (const listener of [...listeners]) {
    const goesOn = workspace?.contactSyncEnabled === true;
    if (!goesOn || (listener.connectionId !== null && connections.get(listener.connectionId) === false)) listener.end();
  }
}
