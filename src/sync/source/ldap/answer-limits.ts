/** Limits for a server's answer to one request. When the answer exceeds one, the connection ends. */
export type Allowance = {
  /** How long an answer may take, in multiples of timeoutSeconds. A pause within it may take timeoutSeconds. */
  waits: number;
  bytes: number;
  messages: number;
  /** Bytes of the largest message. Left out: `bytes`. */
  largest?: number;
};

const megabyte = 1024 * 1024;

/** The limits by kind of request. Honest servers stay far below them. */
export const allowances = {
  /** StartTLS, a bind, "who am I": one small message, or a longer one that refuses. */
  reply: { waits: 1, bytes: 4 * megabyte, messages: 10 },
  /** The rootDSE, a base's own entry: one small entry, or a message that refuses. */
  entry: { waits: 1, bytes: 4 * megabyte, messages: 100 },
  /** One person with all of their photos. */
  photo: { waits: 2, bytes: 16 * megabyte, messages: 100 },
  /**
   * A page of people (at most 10,000, but some servers send all at once), or a group with its members. Held in memory
   * as a whole.
   */
  page: { waits: 4, bytes: 64 * megabyte, messages: 100_000 },
  /** What has been touched in a directory: ids of sixteen bytes, many to a message, and entries without attributes. */
  feed: { waits: 4, bytes: 128 * megabyte, messages: 1_000_000, largest: megabyte },
  /**
   * All that comes between two questions of a watch: the changes of a whole directory at once, each a message without attributes.
   * Nothing of it is kept.
   */
  watch: { waits: 4, bytes: 256 * megabyte, messages: 2_000_000, largest: megabyte },
} as const satisfies Record<string, Allowance>;

/** How many checks are made within the longest silence. */
const looks = 10;
const longestLookMs = 1000;

/** `silent`: nothing has come for too long. `slow`: the whole answer takes too long. */
export type Lateness = 'silent' | 'slow';

/**
 * Watches an answer and calls `late` once: when `heard` (the bytes so far) has not changed for `silentMs`, or when the whole
 * takes `wholeMs`. Time in which this thread or process was busy or frozen does not count, so that the server is not blamed for
 * it. Returns a function that ends the watch.
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
  // setImmediate: bytes that came while this thread was busy are read first.
  const timer = setInterval(() => setImmediate(look), everyMs);
  let ended = false;
  const end = (): void => {
    ended = true;
    clearInterval(timer);
  };
  return end;
}
