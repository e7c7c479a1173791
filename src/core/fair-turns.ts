import { setImmediate as nextTurn } from 'node:timers/promises';

/** Groups items into lists of at most `size`. */
export function* slices<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let slice: T[] = [];
  for (const item of items) {
    slice.push(item);
    if (slice.length < size) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/** Maps items, and lets the event loop do other work after each `size` of them. */
export async function mapInSlices<T, U>(items: Iterable<T>, size: number, map: (item: T) => U): Promise<U[]> {
  const mapped: U[] = [];
  for (const slice of slices(items, size)) {
    for (const item of slice) mapped.push(map(item));
    await nextTurn();
  }
  return mapped;
}

/**
 * Limits how many pieces of work run at the same time. The others wait; the first to come runs first. The event loop
 * gets a turn before waiting work begins.
 */
export function inTurn(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let working = 0;
  return async (work) => {
    // Work that ends passes its place to the next one.
    if (working >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else working++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) working--;
      else setImmediate(next);
    }
  };
}
