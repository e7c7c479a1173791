import type { Frame } from './frame.ts';

/**
 * What a viewer has still to be sent. Nothing at once: the viewer waits until it is woken. Nothing that took a while: it is
 * asked again.
 */
export type Backlog = { take(): Frame | Promise<Frame | undefined> | undefined };

/**
 * One viewer's stream: gives what the backlog holds, waits while it holds nothing, and ends after the last frame once
 * `end` or `fail` was called. Whoever sends asks for the next frame when the one before has left the process.
 */
export class Outbox implements AsyncIterableIterator<Frame> {
  readonly #backlog: Backlog;
  readonly #onLeave: () => void;
  #over: { error: unknown } | { error?: undefined } | null = null;
  #left = false;
  #wake: (() => void) | null = null;

  /** `onLeave` is called once, when the viewer has left or everything was sent. */
  constructor(backlog: Backlog, onLeave: () => void) {
    this.#backlog = backlog;
    this.#onLeave = onLeave;
  }

  /** There is something to take, perhaps. */
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

  /** Asked for by those who tell a stream that can be left from one that can't. */
  async throw(error: unknown): Promise<IteratorResult<Frame, undefined>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Those who iterate don't return a stream that has thrown. */
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
