/** Reads when asked to, one read at a time, and leaves a pause between the beginnings of two. */
export type PacedReader = {
  /**
   * Resolves after a read that began later than this call; those who ask while one is due share it. Rejects when that
   * read does. Never settles once closed.
   */
  read(): Promise<void>;
  /** The same without the pause: the read begins as soon as one that is under way is over. */
  readAtOnce(): Promise<void>;
  close(): void;
};

/** `pauseMs` lies between the beginnings of two reads at least; the first one begins at once. */
export function createPacedReader(pauseMs: number, readNow: () => Promise<void>): PacedReader {
  let due: Promise<void> | null = null;
  let lastBegin = Number.NEGATIVE_INFINITY;
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let endPause: () => void = () => undefined;
  let hurried = false;
  let closed = false;

  const never = new Promise<void>(() => undefined);
  const begin = async (): Promise<void> => {
    await running;
    const pause = lastBegin + pauseMs - performance.now();
    if (pause > 0 && !hurried) {
      const over = Promise.withResolvers<void>();
      endPause = over.resolve;
      timer = setTimeout(over.resolve, pause);
      await over.promise;
      clearTimeout(timer);
    }
    if (closed) return never;
    due = null;
    hurried = false;
    lastBegin = performance.now();
    const reading = readNow();
    running = reading.catch(() => undefined);
    // What a read meets whose reader was closed meanwhile, the database closed as well, say, is nobody's trouble.
    await running;
    return closed ? never : reading;
  };

  const read = (): Promise<void> => {
    due ??= begin();
    return due;
  };
  return {
    read,
    readAtOnce: () => {
      hurried = true;
      const reading = read();
      endPause();
      return reading;
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
