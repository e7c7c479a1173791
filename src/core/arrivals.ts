import type { Entry, SourceNote } from './entry.ts';

/**
 * A position in a source, as JSON that only the source reads. The next run gives it back, and the source continues from there.
 * At most 64 KB. It becomes invalid when the connection is edited; then the source is read from the beginning.
 */
export type Cursor = Readonly<Record<string, unknown>>;

/** `everybody`: people who are missing when the feed ends complete are gone. `changes`: people who are not mentioned are unchanged. */
export type Extent = 'everybody' | 'changes';

/** How a feed ended. */
export type FeedEnd = {
  /** True only when nothing is missing: the last page was read, and no limit, error or change of server or account came first. */
  complete: boolean;
  /** Why it is incomplete; null when complete. */
  because: string | null;
  /** Stored with the connection when the run succeeds. Null: the next run must read from the beginning. */
  cursor: Cursor | null;
  /** Parts of the source that lie on other servers and were not read: normalized, sorted, without duplicates. */
  referrals: readonly string[];
  notes: readonly SourceNote[];
  /** Attributes that were asked for and that nobody can have there, such as columns that a file lacks. Left out: the source can't tell. */
  lacking?: readonly string[];
};

/**
 * What a feed tells a run. A feed can be a full read, the changes since a cursor, or a request that was pushed. If a feed mentions
 * a person more than once, the first mention counts in a feed of everybody, and the last one in a feed of changes.
 */
export type Arrivals = {
  /**
   * These people exist. Returns how many of their ids are new to this feed, so that a source that repeats itself forever can be
   * stopped. If it returns a promise, the source waits for it before it sends more.
   */
  present(entries: readonly Entry[]): number | Promise<number>;
  /** The people with these ids are gone. Unknown ids are ignored. */
  gone(ids: readonly string[]): void;
  /** Called once, last. A feed that breaks throws instead; then nobody counts as gone, even people reported as gone before. */
  end(end: FeedEnd): void;
};

/** Opens the feed and says what it is about. Called once for each read. */
export type BeginArrivals = (extent: Extent) => Arrivals;

/** The advice of a kind of source for a read that can't be used as it is. Whole sentences, except `emptied`. */
export type ReadAdvice = {
  /** A complete read brought nobody. */
  nobody: string;
  /** Some people came without an id that can be read. */
  withoutId: string;
  /** The source says for the first time that parts of it lie on other servers. */
  elsewhere: string;
  /** Many people lost the values of a field: what to check in the source. It continues the words "Check how it is mapped, and". */
  emptied: string;
};
