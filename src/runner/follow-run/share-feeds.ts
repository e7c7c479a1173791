import type { RunSignal, RunSignals } from '../../core/run-store.ts';

/** A kind of feed, which is read once for all its followers in this process, and how it gets signals. */
export type FeedKind<F> = {
  /** The key of the feed that a signal is for. */
  keyOf(signal: RunSignal): string;
  hear(feed: F, signal: RunSignal): void;
  /** Called when signals may have been lost. The feed must look for changes. */
  lookAtAll(feed: F): void;
  close(feed: F): void;
};

export type Feeds<F> = {
  get(key: string): F | undefined;
  /** Listening has begun when it returns. `leave` may be called more than once. The last follower to leave closes the feed. */
  join(key: string, open: () => F): { feed: F; leave(): void };
};

/** Changes whose signal got lost are found within this time. */
const lookAnywayMs = 3000;

/** All feeds of one kind with followers in this process. */
export function shareFeeds<F>(signals: RunSignals, { keyOf, hear, lookAtAll, close }: FeedKind<F>): Feeds<F> {
  const open = new Map<string, { feed: F; followers: number }>();
  let stopListening: (() => void) | null = null;

  const lookAtEach = () => {
    for (const { feed } of open.values()) lookAtAll(feed);
  };
  const listen = () => {
    const unsubscribe = signals.subscribe((signal) => {
      const shared = open.get(keyOf(signal));
      if (shared !== undefined) hear(shared.feed, signal);
    }, lookAtEach);
    const timer = setInterval(lookAtEach, lookAnywayMs);
    return () => {
      clearInterval(timer);
      unsubscribe();
    };
  };

  return {
    get: (key) => open.get(key)?.feed,
    join(key, openFeed) {
      stopListening ??= listen();
      const shared = open.get(key) ?? { feed: openFeed(), followers: 0 };
      open.set(key, shared);
      shared.followers++;
      let left = false;
      const leave = () => {
        if (left) return;
        left = true;
        shared.followers--;
        if (shared.followers > 0) return;
        close(shared.feed);
        open.delete(key);
        if (open.size > 0) return;
        stopListening?.();
        stopListening = null;
      };
      return { feed: shared.feed, leave };
    },
  };
}
