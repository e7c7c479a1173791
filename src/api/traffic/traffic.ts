import type { Viewer } from '../../core/access.ts';
import { type Allow, type Deadline, startDeadline } from '../../core/deadline.ts';
import type { TrafficLimits } from './traffic-limits.ts';
import { Turns } from './turns.ts';

/** When, for how long and how much of what clients ask for is worked on. */
export type Traffic = {
  readonly limits: TrafficLimits;
  /**
   * Works on a query or mutation in its turn, until its deadline. AppError RATE_LIMITED when too many wait for theirs, or
   * TIMEOUT when `work` does not end though its signals have told it to.
   */
  run<T>(
    viewer: Viewer,
    clientLeft: AbortSignal,
    seconds: number | null,
    work: (allow: Allow, deadline: Deadline) => Promise<T>,
  ): Promise<T>;
  /** For streams and downloads: each of their transactions is an operation, which waits for its turn as long as it takes. */
  eachTransaction(viewer: Viewer, clientLeft?: AbortSignal): Allow;
  /** By access token: WebSockets; server-sent streams and downloads. */
  sockets: Counted;
  streams: Counted;
  /** By workspace. */
  uploads: Counted;
};

/** For work that ends by itself a moment after the deadline, with an answer of its own. */
const GRACE_MS = 3000;

/** `timeoutSeconds`: of an operation that does not say how long it takes. */
export function createTraffic(limits: TrafficLimits, timeoutSeconds: number): Traffic {
  const turns = new Turns(limits);
  return {
    limits,
    sockets: new Counted(limits.socketsPerToken),
    streams: new Counted(limits.streamsPerToken),
    uploads: new Counted(limits.uploadsPerWorkspace),
    run: async (viewer, clientLeft, seconds, work) => {
      const endTurn = await turns.take(viewer, { signal: clientLeft });
      const deadline = startDeadline(Math.max(seconds ?? 0, timeoutSeconds), clientLeft);
      const late = rejectsLate(deadline.timeOver);
      try {
        return await Promise.race([work(async () => ({ deadline, end: () => {} }), deadline), late.promise]);
      } finally {
        late.forget();
        deadline.end();
        endTurn();
      }
    },
    eachTransaction: (viewer, clientLeft) => async () => {
      const endTurn = await turns.take(viewer, { signal: clientLeft, patient: true });
      const deadline = startDeadline(timeoutSeconds, clientLeft);
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

function rejectsLate(timeOver: AbortSignal): { promise: Promise<never>; forget(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onOver = () => {
    timer = setTimeout(() => reject(timeOver.reason), GRACE_MS);
  };
  timeOver.addEventListener('abort', onOver, { once: true });
  return {
    promise,
    forget: () => {
      timeOver.removeEventListener('abort', onOver);
      clearTimeout(timer);
    },
  };
}

/** How many of something each key has at a time. */
export class Counted {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more, until the function that it returns is called. Null: there are as many as may be. */
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
