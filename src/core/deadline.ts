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
export function startDeadline(seconds: number, options: DeadlineOptions = {}): Deadline & { end(): void } {
  return new StartedDeadline(seconds, options);
}

/** Most work asks for one of the signals. A signal costs more than a small part of an operation, so it is made when asked for. */
class StartedDeadline implements Deadline {
  readonly #endsAt: number;
  readonly #clientLeft: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #onLeft = () => this.#nobodyWaits?.abort(this.#clientLeft?.reason);
  #nobodyWaits: AbortController | undefined;
  #timeOver: AbortController | undefined;
  #over: AppError | undefined;

  constructor(seconds: number, { clientLeft, late = outOfTime, onOver }: DeadlineOptions) {
    this.#endsAt = performance.now() + seconds * 1000;
    this.#clientLeft = clientLeft;
    this.#timer = setTimeout(() => {
      this.#over = late(seconds);
      this.#timeOver?.abort(this.#over);
      this.#nobodyWaits?.abort(this.#over);
      onOver?.(this.#over);
    }, seconds * 1000);
  }

  get signal(): AbortSignal {
    if (this.#nobodyWaits === undefined) {
      this.#nobodyWaits = new AbortController();
      if (this.#over !== undefined) this.#nobodyWaits.abort(this.#over);
      else if (this.#clientLeft?.aborted) this.#onLeft();
      else this.#clientLeft?.addEventListener('abort', this.#onLeft, { once: true });
    }
    return this.#nobodyWaits.signal;
  }

  get timeOver(): AbortSignal {
    if (this.#timeOver === undefined) {
      this.#timeOver = new AbortController();
      if (this.#over !== undefined) this.#timeOver.abort(this.#over);
    }
    return this.#timeOver.signal;
  }

  msLeft(): number {
    return Math.max(this.#endsAt - performance.now(), 0);
  }

  /** A property, because callers pass it on alone. */
  readonly end = (): void => {
    clearTimeout(this.#timer);
    this.#clientLeft?.removeEventListener('abort', this.#onLeft);
  };
}

function outOfTime(seconds: number): AppError {
  return new AppError('TIMEOUT', `This took longer than ${seconds} seconds, and was stopped.`, {
    hint: 'Ask for less at once: shorter pages, fewer counts, a narrower search.',
  });
}
