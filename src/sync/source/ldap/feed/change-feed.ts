/**
 * A server that tells which entries have been touched since an earlier read: changed, added, renamed, moved or deleted. It may name
 * more entries than that, but never fewer, and it says when it can't tell. So a read need not go through everybody.
 */
export type ChangeFeed = {
  /** How it tells, as a sentence for people. */
  way: string;
  /** Where the server stood when the feed was opened, as JSON. It is kept until the next read and given to `since`. */
  place: unknown;
  /** What was touched since the place of an earlier read. Throws AppError when the connection is lost. */
  since(place: unknown): Promise<FeedAnswer>;
};

/** `silent`: it can't tell, so all must be compared. `anew`: this is not the server of the earlier read, so all must be read. */
export type FeedAnswer =
  | { kind: 'touched'; touched: Touched }
  | { kind: 'silent'; because: string }
  | { kind: 'anew'; because: string };

/** The entries that have been touched, by the ids of people. */
export type Touched = {
  /** Entries that are there, with their DNs; null: a DN that is no text. */
  there: ReadonlyMap<string, string | null>;
  gone: ReadonlySet<string>;
  /** If not null: all other entries that are there, by the bytes of their UUIDs. Those that are not among them are gone. */
  others: readonly Uint8Array[] | null;
};

/** Entries that are told of as touched, at most. With more of them it costs less to go through everybody. */
export const mostTouched = 10_000;

/** Why a server has no feed for a scope, as the end of a sentence. Null: it offers none at all. */
export type NoFeed = { because: string | null };
