import type { Entry, SourceNote } from './entry.ts';
import type { ExclusionReason, RunMode } from './run.ts';

/**
 * A position in a source, as JSON that only the source reads. The next run gives it back, and the source continues from there.
 * At most 64 KB. It becomes invalid when the connection is edited; then the source is read from the beginning.
 */
export type Cursor = Readonly<Record<string, unknown>>;

/** A cursor, and the memory that belongs to it: bytes that only the source reads, at most `longestMemory`. */
export type Since = { cursor: Cursor; memory: Uint8Array };

/** The largest size of a source's memory, in bytes. It is stored with the connection. */
export const longestMemory = 1024 * 1024;

/** `everybody`: people who are missing when the feed ends complete are gone. `changes`: people who are not mentioned are unchanged. */
export type Extent = 'everybody' | 'changes';

/**
 * The linked people about whom an incomplete read can't tell whether they are gone: those whom the scope leaves out for this
 * reason, and those with these names.
 */
export type Unsure = { leftOutBy: ExclusionReason; names: readonly string[] };

/** How a feed ended. */
export type FeedEnd = {
  /** True only when nothing is missing: the last page was read, and no limit, error or change of server or account came first. */
  complete: boolean;
  /** Why it is incomplete; null when complete. */
  because: string | null;
  /** The read is incomplete only about these people: all others who are missing are gone. Left out: it is complete, or about anybody. */
  unsure?: Unsure;
  /** Stored with the connection when the run succeeds. Null: the next run must read from the beginning. */
  cursor: Cursor | null;
  /** Stored with the cursor; left out: nothing. */
  memory?: Uint8Array;
  /** Why there is no cursor, as a sentence for people; left out: the source does not say. */
  noCursorBecause?: string;
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
   * stopped. If it returns a promise, the source waits for it before it sends more. `taken` is called for those with a new id.
   */
  present<E extends Entry>(entries: readonly E[], taken?: (entry: E) => void): number | Promise<number>;
  /**
   * Somebody exists, and the source knows that their entry is as it was at the cursor. `leftOut`: why the scope leaves
   * them out because of something outside their entry, such as their groups. Returns 'wanted' if the run knows too
   * little about them. The source must then send them as present; if it does not find them any more, they count as not
   * mentioned.
   */
  unchanged(id: string, leftOut: ExclusionReason | null): 'known' | 'again' | 'wanted';
  /**
   * The ids of people who were there at the cursor, whom `named` leaves out, and whom this feed has not mentioned. Only for sources
   * whose ids are UUIDs: `named` has their bytes, 16 for each, in the order of the text. Null: there are more than `most`.
   */
  missing(named: Iterable<Uint8Array>, most: number): readonly string[] | null;
  /**
   * Everybody whom this feed has not mentioned is as at the cursor: in scope, or left out for the same reason. No more
   * people may be mentioned after this call.
   */
  othersStay(): void;
  /**
   * Forgets all that was reported, because the source now reads everybody. Allowed only before anybody was sent as
   * present.
   */
  startOver(reason: string): void;
  /** The people with these ids are gone. Unknown ids are ignored. */
  gone(ids: readonly string[]): void;
  /** Called once, last. A feed that breaks throws instead; then nobody counts as gone, even people reported as gone before. */
  end(end: FeedEnd): void;
};

/**
 * How a source reads. `reason`: why, as a sentence for people; null: because the run asked for it. `way`: how the
 * source finds what has changed, as a sentence.
 */
export type ReadMode = { mode: RunMode; reason: string | null; way?: string };

/** Opens the feed and says what it is about, and how the source reads. Called once for each read. */
export type BeginArrivals = (extent: Extent, how: ReadMode) => Arrivals;

/**
 * How a kind of source continues from a cursor. `names everybody`: it reads what has changed and also names all others,
 * so the run can ask for people whom the last run skipped. `tells changes`: it mentions only people who have changed.
 */
export type Continuation = 'names everybody' | 'tells changes';

/** The advice of a kind of source for people whose read can't be used as it is. Whole sentences, except `emptied`. */
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
