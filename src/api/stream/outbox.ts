import type { Frame } from './frame.ts';

/**
 * The frames that a viewer still has to get. When `take` returns undefined, the viewer waits until it is woken. When
 * its promise resolves with undefined, it is called again.
 */
export type Backlog = { take(): Frame | Promise<Frame | undefined> | undefined };

/**
 * One viewer's stream. It yields the frames of the backlog, waits while there are none, and ends after the last frame
 * when `end` or `fail` was called. The transport asks for the next frame when the one before has left the process.
 */
export class Outbox implements AsyncIterableIterator<Frame> {
  readonly #backlog: Backlog;
  readonly #onLeave: () => void;
  #over: { error: unknown } | { error?: undefined } | null = null;
  #left = false;
  #wake: (() => void) | null = null;

  /** `onLeave` is called once: when the viewer leaves, or when everything was sent. */
  constructor(backlog: Backlog, onLeave: () => void) {
    this.#backlog = backlog;
    this.#onLeave = onLeave;
  }

  /** Call it when there may be something to take. */
  wake(): void {
    this.#wake?.();
    this.#wake = null;
  }

  end(): void {
    this.#over ??= {};
    this.wake();
  }

  fail(error: unknown): void {
    this.#over ??= { error };
    this.wake();
  }

  async next(): Promise<IteratorResult<Frame, undefined>> {
    while (!this.#left) {
      const taken = this.#backlog.take();
      if (taken !== undefined) {
        const frame = await this.#orLeave(taken);
        if (frame !== undefined) return { done: false, value: frame };
        continue;
      }
      const over = this.#over;
      if (over !== null) {
        this.#leave();
        if (over.error !== undefined) throw over.error;
        break;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Frame, undefined>> {
    this.#leave();
    this.wake();
    return { done: true, value: undefined };
  }

  /** Some callers cancel a stream only if it has this method. */
  async throw(error: unknown): Promise<IteratorResult<Frame, undefined>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Leaves after an error, because callers don't call `return` on a stream that has thrown. */
  async #orLeave(taken: Frame | Promise<Frame | undefined>): Promise<Frame | undefined> {
    try {
      return await taken;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#onLeave();
  }
}
