/**
 * The changes that a watch has reported and for which no run has been started. Any number of them is one piece of news.
 */
export class News {
  /** The time of the last report, as `performance.now()`. */
  lastAt = Number.NEGATIVE_INFINITY;
  #why: string | null = null;
  #arrived = Promise.withResolvers<void>();

  /** Cheap, because a watch may call it for every entry of a directory. */
  tell(why: string): void {
    this.lastAt = performance.now();
    if (this.#why !== null) return;
    this.#why = why;
    this.#arrived.resolve();
  }

  /** Resolves when there is news. Rejects with the signal's reason. */
  async arrival(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#arrived.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Takes the news. Returns the first reason that was reported. */
  take(): string {
    const why = this.#why ?? '';
    this.#why = null;
    this.#arrived = Promise.withResolvers();
    return why;
  }
}
