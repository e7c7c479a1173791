/** A stream that is told by `signal` when whoever reads it has left, even while it waits. */
export function stoppable<T>(open: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterableIterator<T> {
  const controller = new AbortController();
  const source = open(controller.signal)[Symbol.asyncIterator]();
  return {
    next: () => source.next(),
    return: async () => {
      controller.abort();
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
