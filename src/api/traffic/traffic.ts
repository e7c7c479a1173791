import type { Viewer } from '../../core/access.ts';
import type { AppError } from '../../core/app-error.ts';
import { type Allow, type Deadline, startDeadline } from '../../core/deadline.ts';
import type { TrafficLimits } from './traffic-limits.ts';
import { Turns } from './turns.ts';

/**
 * Gives an operation's turn back while it waits for something else than the database, such as a directory. Then it takes
 * another turn.
 */
export type OutsideTurn = <T>(wait: () => Promise<T>) => Promise<T>;

/** Decides when clients' requests run, for how long, and how many at a time. */
export type Traffic = {
  readonly limits: TrafficLimits;
  /**
   * Runs a query or mutation when its turn comes, until its deadline. Throws AppError RATE_LIMITED when too many
   * operations wait, and TIMEOUT when `work` goes on after its signals have aborted.
   */
  run<T>(
    viewer: Viewer,
    clientLeft: AbortSignal,
    seconds: number | null,
    work: (allow: Allow, deadline: Deadline, outside: OutsideTurn) => Promise<T>,
  ): Promise<T>;
  /**
   * For streams and downloads. Each of their transactions counts as an operation and waits for its turn without limit.
   */
  eachTransaction(viewer: Viewer, clientLeft?: AbortSignal): Allow;
  /** Counted by access token. `streams` are server-sent streams and downloads. */
  sockets: Counted;
  streams: Counted;
  /** Counted by workspace. */
  uploads: Counted;
};

/** After the deadline, work gets this much time to end with its own answer. */
const GRACE_MS = 3000;

/** `timeoutSeconds` is the deadline of operations that declare none. */
export function createTraffic(limits: TrafficLimits, timeoutSeconds: number): Traffic {
  const turns = new Turns(limits);
  return {
    limits,
    sockets: new Counted(limits.socketsPerToken),
    streams: new Counted(limits.streamsPerToken),
    uploads: new Counted(limits.uploadsPerWorkspace),
    run: async <T>(
      viewer: Viewer,
      clientLeft: AbortSignal,
      seconds: number | null,
      work: (allow: Allow, deadline: Deadline, outside: OutsideTurn) => Promise<T>,
    ): Promise<T> => {
      let endTurn = await turns.take(viewer, { signal: clientLeft });
      let isOver = false;
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      let grace: NodeJS.Timeout | undefined;
      const onOver = (reason: AppError) => {
        grace = setTimeout(() => reject(reason), GRACE_MS);
      };
      const deadline = startDeadline(Math.max(seconds ?? 0, timeoutSeconds), { clientLeft, onOver });
      const outside: OutsideTurn = async (wait) => {
        endTurn();
        try {
          return await wait();
        } finally {
          endTurn = await turns.take(viewer, { signal: deadline.signal, patient: true });
          if (isOver) endTurn();
        }
      };
      try {
        work(async () => ({ deadline, end: () => {} }), deadline, outside).then(resolve, reject);
        return await promise;
      } finally {
        clearTimeout(grace);
        deadline.end();
        isOver = true;
        endTurn();
      }
    },
    eachTransaction: (viewer, clientLeft) => async () => {
      const endTurn = await turns.take(viewer, { signal: clientLeft, patient: true });
      const deadline = startDeadline(timeoutSeconds, { clientLeft });
      return {
        deadline,
        end: () => {
          deadline.end();
          endTurn();
        },
      };
    },
  };
}

/** Counts how many of something each key has at a time. */
export class Counted {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more until the returned function is called. Null when the key has reached the limit. */
  add(key: string): (() => void) | null {
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#most) return null;
    this.#counts.set(key, count + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left === 0) this.#counts.delete(key);
      else this.#counts.set(key, left);
    };
  }
}
