import { AppError } from './app-error.ts';

/** How long somebody waits for an answer. */
export type Deadline = {
  /** Aborts when nobody waits any more: the client has left (AppError CLIENT_LEFT), or the time is over (TIMEOUT). */
  signal: AbortSignal;
  /** Aborts when the time is over, and not when the client leaves: what was begun to be saved is saved. */
  timeOver: AbortSignal;
  msLeft(): number;
};

/** What a database transaction may take; `end` gives it back. No deadline: it is bounded elsewhere. */
export type Allowance = { deadline: Deadline | null; end(): void };

/** Asked before each transaction. Rejects with an AppError when there is none to be had. */
export type Allow = () => Promise<Allowance>;

/** Starts the clock. `end` stops it. `late`: what ends those who wait. */
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
