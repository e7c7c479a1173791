/** Reads on request, one read at a time, with a pause between the beginnings of two reads. */
export type PacedReader = {
  /**
   * Resolves after a read that began later than this call. Calls that wait for the same read share it. Rejects when that read does.
   * Never settles once the reader is closed.
   */
  read(): Promise<void>;
  /** The same without the pause. It waits only for a read that is under way. */
  readAtOnce(): Promise<void>;
  close(): void;
};

/** At least `pauseMs` lie between the beginnings of two reads. The first read begins at once. */
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
    // If the reader was closed during the read, errors no longer matter. The database may be closed, too.
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
