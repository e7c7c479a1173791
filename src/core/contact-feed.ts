import type { ChangeRecord } from './records.ts';

/**
 * A request for a part of the change feed of a workspace's contacts. `after`: a cursor; null: from now. `connectionId`:
 * only changes by runs of this connection. The part has at most `most` changes, and about `longest` characters of
 * values, but at least one change.
 */
export type FeedRequest = { after: string | null; connectionId: string | null; most: number; longest: number };

/**
 * Changes in the order of their commits. `cursor`: where to continue. `isNewest`: there were no more changes at the
 * time of the read.
 */
export type ContactFeedPart = { changes: ChangeRecord[]; cursor: string; isNewest: boolean };
