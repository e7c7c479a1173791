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

/** Starts the clock; `end` stops it. `late` makes the error for work that takes too long. */
export function startDeadline(
  seconds: number,
  clientLeft?: AbortSignal,
  late: (seconds: number) => AppError = outOfTime,
): Deadline & { end(): void } {
  const nobodyWaits = new AbortController();
  const timeOver = new AbortController();
  const endsAt = performance.now() + seconds * 1000;
  const onLeft = () => nobodyWaits.abort(clientLeft?.reason);
  const timer = setTimeout(() => {
    const reason = late(seconds);
    timeOver.abort(reason);
    nobodyWaits.abort(reason);
  }, seconds * 1000);
  if (clientLeft?.aborted) onLeft();
  else clientLeft?.addEventListener('abort', onLeft, { once: true });
  return {
    signal: nobodyWaits.signal,
    timeOver: timeOver.signal,
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
