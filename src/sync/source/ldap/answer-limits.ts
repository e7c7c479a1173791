/** What a server may use up in answering one request. Past it the connection is ended, whatever else would come. */
export type Allowance = {
  /** How many times timeoutSeconds the whole answer may take; a pause within it, once. */
  waits: number;
  bytes: number;
  messages: number;
};

const megabyte = 1024 * 1024;

/** By what is asked for. Honest directories stay far below. */
export const allowances = {
  /** StartTLS, a bind, "who am I": one small message, unless a server is talkative in refusing it. */
  reply: { waits: 1, bytes: 4 * megabyte, messages: 10 },
  /** The rootDSE, a base's own entry: one small entry, or words about why not. */
  entry: { waits: 1, bytes: 4 * megabyte, messages: 100 },
  /** A page of people (10,000 at most, but some servers send all at once), a group with its members. Held in memory whole. */
  page: { waits: 4, bytes: 64 * megabyte, messages: 100_000 },
} as const satisfies Record<string, Allowance>;

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
