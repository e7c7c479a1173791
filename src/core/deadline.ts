import { AppError } from './app-error.ts';

/** How long a client waits for an answer. */
export type Deadline = {
  /** Aborts when the client has left (AppError CLIENT_LEFT) or the time is over (TIMEOUT). */
  signal: AbortSignal;
  /** Aborts when the time is over, but not when the client leaves, so that a save that has begun is finished. */
  timeOver: AbortSignal;
  msLeft(): number;
};

/** The permission for one database transaction; `end` returns it. `deadline` null: something else limits the time. */
export type Allowance = { deadline: Deadline | null; end(): void };

/** Called before each transaction. Rejects with an AppError when no transaction may begin. */
export type Allow = () => Promise<Allowance>;

export type DeadlineOptions = {
  clientLeft?: AbortSignal;
  /** Makes the error for work that takes too long. */
  late?: (seconds: number) => AppError;
  /** Called when the time is over. */
  onOver?: (reason: AppError) => void;
};

/** Starts the clock; `end` stops it. */
export function startDeadline(
  seconds: number,
  { clientLeft, late = outOfTime, onOver }: DeadlineOptions = {},
): Deadline & { end(): void } {
  const endsAt = performance.now() + seconds * 1000;
  // Most work asks for one of the signals. A signal costs more than a small part of an operation, so it is made when asked for.
  let nobodyWaits: AbortController | undefined;
  let timeOver: AbortController | undefined;
  let over: AppError | undefined;
  const onLeft = () => nobodyWaits?.abort(clientLeft?.reason);
  const timer = setTimeout(() => {
    over = late(seconds);
    timeOver?.abort(over);
    nobodyWaits?.abort(over);
    onOver?.(over);
  }, seconds * 1000);
  return {
    get signal() {
      if (nobodyWaits === undefined) {
        nobodyWaits = new AbortController();
        if (over !== undefined) nobodyWaits.abort(over);
        else if (clientLeft?.aborted) onLeft();
        else clientLeft?.addEventListener('abort', onLeft, { once: true });
      }
      return nobodyWaits.signal;
    },
    get timeOver() {
      if (timeOver === undefined) {
        timeOver = new AbortController();
        if (over !== undefined) timeOver.abort(over);
      }
      return timeOver.signal;
    },
    msLeft: () => Math.max(endsAt - performance.now(), 0),
    end: () => {
      clearTimeout(timer);
      clientLeft?.removeEventListener('abort', onLeft);
    },
  };
}

function outOfTime(seconds: number): AppError {
  return new AppError('TIMEOUT', `This took longer than ${seconds} seconds, and was stopped.`, {
    hint: 'Ask for less at once: shorter pages, fewer counts, a narrower search.',
  });
}
