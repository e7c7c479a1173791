/**
 * A server that reports which entries have been touched since an earlier read: changed, added, renamed, moved or
 * deleted. It may name more entries than that, but never fewer, and it says when it does not know. So a read need not
 * go through everybody.
 */
export type ChangeFeed = {
  /** How the server reports changes, as a sentence for people. */
  way: string;
  /** The server's position when the feed was opened, as JSON. It is kept until the next read and given to `since`. */
  place: unknown;
  /** How long it is trusted after everybody was last compared. Null: always. */
  trustedMs: number | null;
  /**
   * The entries that were touched since the position of an earlier read. Throws AppError when the connection is lost.
   */
  since(place: unknown): Promise<FeedAnswer>;
};

/**
 * `silent`: the server does not know, so all entries must be compared. `anew`: this is not the server of the earlier
 * read, so everybody must be read.
 */
export type FeedAnswer =
  | { kind: 'touched'; touched: Touched }
  | { kind: 'silent'; because: string }
  | { kind: 'anew'; because: string };

/** The entries that have been touched, by the ids of people. */
export type Touched = {
  /** Touched entries that exist, with their DNs; null: the DN is not valid text. */
  there: ReadonlyMap<string, string | null>;
  gone: ReadonlySet<string>;
  /**
   * If not null: all other entries that exist, by the bytes of their UUIDs. Entries that are not among them are gone.
   */
  others: readonly Uint8Array[] | null;
};

/** The most touched entries that are reported one by one. With more of them, going through everybody costs less. */
export const mostTouched = 10_000;

/**
 * Why a server has no feed for a scope, as the end of a sentence. Null: the server offers no feed at all. `advice`: what to do to
 * get one, as a sentence; left out: nothing that is surely worth it.
 */
export type NoFeed = { because: string | null; advice?: string };
