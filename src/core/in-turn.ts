/**
 * Works on so many things at the same time; the others wait for their turn, first come first served. Between one and the next
 * that waited, the process gets to its other work.
 */
export function inTurn(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let working = 0;
  return async (work) => {
    // Whoever ends hands its place over.
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
