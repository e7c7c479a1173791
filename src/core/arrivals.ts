import type { Entry, SourceNote } from './entry.ts';

/**
 * Where a source stands, as JSON that only the source reads: the next run gives it back, so that the source goes on from there.
 * At most 64 KB. It is good for the connection as it was; an edited connection is read from the beginning.
 */
export type Cursor = Readonly<Record<string, unknown>>;

/** `everybody`: people who are not present at a complete end are gone. `changes`: people of whom nothing is said are as before. */
export type Extent = 'everybody' | 'changes';

/** What is said at the end of a feed. */
export type FeedEnd = {
  /** True only when nothing is missing: read to the last page, without a limit, an error or a change of server or account. */
  complete: boolean;
  /** Why not; null when complete. */
  because: string | null;
  /** Stored with the connection when the run succeeds. Null: the source can't go on from anywhere. */
  cursor: Cursor | null;
  /** Parts of the source that lie elsewhere and were not read; each in one way of writing, sorted, each once. */
  referrals: readonly string[];
  notes: readonly SourceNote[];
  /** Attributes that were asked for and that nobody can have there, such as columns that a file lacks. Left out: the source can't tell. */
  lacking?: readonly string[];
};

/**
 * What feeds a run says, whatever it is: a full read, the changes since a cursor, a request that was pushed. Of one person the
 * first word counts in a feed of everybody, which is one picture; the last word in a feed of changes, which is a story.
 */
export type Arrivals = {
  /**
   * These people are there. Answers how many of them have an id of which nothing was said before: a source that goes on and on
   * without saying anything new is not listened to for ever. A promise holds the source back.
   */
  present(entries: readonly Entry[]): number | Promise<number>;
  /** The people with these ids are gone. Ids that nobody knows are passed over. */
  gone(ids: readonly string[]): void;
  /** Said once, as the last word. A feed that breaks throws and says no end; nobody is gone then, whatever was said. */
  end(end: FeedEnd): void;
};

/** Opens the feed: what follows is about everybody, or about changes. Once for each read. */
export type BeginArrivals = (extent: Extent) => Arrivals;

/** What a kind of source advises on a read that can't be used as it is, in its own words; whole sentences unless said otherwise. */
export type ReadAdvice = {
  /** A complete read brought nobody. */
  nobody: string;
  /** Some people came without an id that can be read. */
  withoutId: string;
  /** Parts of the source are said to lie elsewhere, for the first time. */
  elsewhere: string;
  /** Many people lost the values of a field: what to check of the source, going on from "Check how it is mapped, and". */
  emptied: string;
};
