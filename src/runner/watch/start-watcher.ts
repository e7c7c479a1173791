import { repeat } from '../repeat.ts';
import { type HeldWatch, holdWatch, type WatchParts } from './hold-watch.ts';
import { type Pace, usualPace } from './pace-runs.ts';

export type WatcherParts = WatchParts & {
  /** The most watches that this process holds. Default: 200. */
  most?: number;
  /** Default: `usualPace`. */
  pace?: Partial<Pace>;
};

export type Watcher = {
  /** Ends all watches and gives their leases back, so that other processes take them at once. */
  close(): Promise<void>;
};

/** Each watch has a connection to a source, and a buffer to read from it. */
const usualMost = 200;
/** How often leases are renewed, edits noticed, and unwatched connections found. */
const lookEveryMs = 1000;
/** A process that can't renew a lease ends the watch this long before others may take it: the end is noticed only at a look. */
const marginMs = 2 * lookEveryMs;

/**
 * Watches continuous connections: takes leases, holds a watch for each, and ends it when its connection has changed.
 * The lease keeps two processes from watching the same connection. A process that can't renew its leases in time ends
 * their watches, because another process may have taken them. A process that was frozen does so when it wakes.
 */
export function startWatcher({ most = usualMost, pace, ...parts }: WatcherParts): Watcher {
  const { watches, log } = parts;
  const held = new Map<string, HeldWatch & { leaseEndsAt: number }>();
  let closing = false;

  const end = (id: string, watch: HeldWatch): void => {
    if (held.get(id) === watch) held.delete(id);
    watch.stop();
  };
  const renew = async (): Promise<void> => {
    if (held.size === 0) return;
    const asked = [...held];
    const leaseEndsAt = performance.now() + watches.leaseMs - marginMs;
    const standing = await watches.renew(asked.map(([, watch]) => watch.news()));
    const ended = asked.filter(([id]) => !standing.has(id));
    for (const [id, watch] of asked) {
      if (standing.has(id)) watch.leaseEndsAt = leaseEndsAt;
      else end(id, watch);
    }
    if (ended.length > 0) await watches.release(ended.map(([, { task }]) => task.lease));
  };
  const take = async (): Promise<void> => {
    const leaseEndsAt = performance.now() + watches.leaseMs - marginMs;
    const { tasks, leftOut } = await watches.claim(most - held.size);
    if (leftOut > 0) log.warn({ leftOut, held: held.size, most }, 'Connections are not watched: there are too many');
    for (const task of tasks) {
      const { connectionId } = task.lease;
      const watch = Object.assign(holdWatch(parts, task, { ...usualPace, ...pace }), { leaseEndsAt });
      held.get(connectionId)?.stop();
      held.set(connectionId, watch);
      void watch.over.then(() => end(connectionId, watch));
    }
  };
  const look = async (): Promise<void> => {
    await renew();
    if (!closing) await take();
  };
  const looking = repeat(look, lookEveryMs, (err) =>
    log.warn({ err }, 'Watches could not be renewed or taken; it is tried again'),
  );
  const guard = setInterval(() => {
    for (const [id, watch] of held) if (performance.now() > watch.leaseEndsAt) end(id, watch);
  }, lookEveryMs);

  return {
    close: async () => {
      closing = true;
      clearInterval(guard);
      const watched = [...held.values()];
      for (const watch of watched) watch.stop();
      await looking.stop();
      watched.push(...held.values());
      for (const watch of watched) watch.stop();
      await Promise.all(watched.map(({ over }) => over));
      await watches
        .release(watched.map(({ task }) => task.lease))
        .catch((err: unknown) => log.warn({ err }, 'Leases of watches could not be given back; they run out'));
    },
  };
}
