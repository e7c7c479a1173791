/** Reads when asked to, one read at a time, and leaves a pause between the beginnings of two. */
export type PacedReader = {
  /**
   * Resolves after a read that began later than this call; those who ask while one is due share it. Rejects when that
   * read does. Never settles once closed.
   */
  read(): Promise<void>;
  close(): void;
};

/** `pauseMs` lies between the beginnings of two reads at least; the first one begins at once. */
export function createPacedReader(pauseMs: number, readNow: () => Promise<void>): PacedReader {
  let due: Promise<void> | null = null;
  let lastBegin = Number.NEGATIVE_INFINITY;
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const never = new Promise<void>(() => undefined);
  const begin = async (): Promise<void> => {
    await running;
    const pause = lastBegin + pauseMs - performance.now();
    if (pause > 0) await new Promise<void>((resolve) => (timer = setTimeout(resolve, pause)));
    if (closed) return never;
    due = null;
    lastBegin = performance.now();
    const reading = readNow();
    running = reading.catch(() => undefined);
    // What a read meets whose reader was closed meanwhile, the database closed as well, say, is nobody's trouble.
    await running;
    return closed ? never : reading;
  };

  return {
    read: () => {
      due ??= begin();
      return due;
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
