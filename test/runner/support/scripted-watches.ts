import type { WatchTask } from '../../../src/core/watch-store.ts';
import { createWatchStore } from '../../../src/db/watch/create-watch-store.ts';
import type { WatchSource } from '../../../src/runner/watch/hold-watch.ts';
import { startWatcher, type WatcherParts } from '../../../src/runner/watch/start-watcher.ts';
import { collectLog } from './collect-log.ts';
import { type RunsProcess, sealer } from './open-process.ts';

/** A watch that has begun. The test acts as its source. */
export type ScriptedWatch = {
  task: WatchTask;
  signal: AbortSignal;
  listening(): void;
  changed(): void;
  break(error: unknown): void;
  /** Resolves when the watch has been stopped. */
  stopped: Promise<void>;
};

/** A source of watches for all processes of the test, with all watches that have begun. */
export function scriptedWatches() {
  const begun: ScriptedWatch[] = [];
  const waiting = new Set<() => void>();
  let most = 0;
  const isGoingOn = ({ signal }: ScriptedWatch): boolean => !signal.aborted;
  const watchSource: WatchSource = (task, options) => {
    const broken = Promise.withResolvers<never>();
    const stopped = Promise.withResolvers<void>();
    options.signal.addEventListener('abort', () => {
      stopped.resolve();
      broken.reject(options.signal.reason);
    });
    begun.push({ task, ...options, break: broken.reject, stopped: stopped.promise });
    for (const { task: one } of begun) {
      const { connectionId } = one.lease;
      most = Math.max(
        most,
        begun.filter((watch) => watch.task.lease.connectionId === connectionId && isGoingOn(watch)).length,
      );
    }
    for (const look of waiting) look();
    return broken.promise;
  };
  return {
    watchSource,
    /** The largest number of watches that one connection had at the same time. */
    get most() {
      return most;
    },
    /** The watches of the connection, in the order in which they began. */
    of: (connectionId: string) => begun.filter(({ task }) => task.lease.connectionId === connectionId),
    /** Resolves with the connection's watch number `nth` (from 1) when it begins. */
    async begins(connectionId: string, nth = 1): Promise<ScriptedWatch> {
      for (;;) {
        const watch = begun.filter(({ task }) => task.lease.connectionId === connectionId)[nth - 1];
        if (watch !== undefined) return watch;
        const more = Promise.withResolvers<void>();
        waiting.add(more.resolve);
        await more.promise;
        waiting.delete(more.resolve);
      }
    },
  };
}

/** Starts a watcher like a separate process does. */
export function watcherOf(process: RunsProcess, watchSource: WatchSource, more: Partial<WatcherParts> = {}) {
  const log = collectLog();
  const watches = createWatchStore({ pool: process.pool, boss: process.boss, openSecret: sealer.open });
  const watcher = startWatcher({ watches, runs: process.store, signals: process.signals, watchSource, log, ...more });
  return { ...watcher, watches, log };
}
