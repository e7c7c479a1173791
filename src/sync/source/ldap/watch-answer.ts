/** Looks at a wait this often while it lasts. */
const looks = 10;
const longestLookMs = 1000;

/** Nothing has come for too long, or the whole has not come to its end. */
export type Lateness = 'silent' | 'slow';

/**
 * Watches an answer that is on its way and calls `late` once: when `heard` (how much has come so far) has not changed for
 * `silentMs`, or when the whole takes `wholeMs`. Only time in which this thread could have heard more counts, so a thread or
 * a process that was busy or frozen does not blame the server. Returns the function that ends it.
 */
export function watchAnswer(
  { silentMs, wholeMs }: { silentMs: number; wholeMs: number },
  heard: () => number,
  late: (what: Lateness) => void,
): () => void {
  const everyMs = Math.min(silentMs / looks, longestLookMs);
  let [silent, whole, before, lookedAt] = [0, 0, heard(), performance.now()];
  const look = (): void => {
    if (ended) return;
    const now = performance.now();
    const passed = Math.min(now - lookedAt, 2 * everyMs);
    const sofar = heard();
    silent = sofar === before ? silent + passed : 0;
    whole += passed;
    [before, lookedAt] = [sofar, now];
    if (silent < silentMs && whole < wholeMs) return;
    end();
    late(silent < silentMs ? 'slow' : 'silent');
  };
  // What came while this thread was busy is read before the verdict.
  const timer = setInterval(() => setImmediate(look), everyMs);
  let ended = false;
  const end = (): void => {
    ended = true;
    clearInterval(timer);
  };
  return end;
}
