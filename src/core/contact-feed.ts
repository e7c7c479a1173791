import type { ChangeRecord } from './records.ts';

/**
 * A part of the feed of a workspace's contacts. `after`: a cursor; null: from now. `connectionId`: only changes by its runs. At most
 * `most` changes, and about `longest` characters of values, but at least one change.
 */
export type FeedRequest = { after: string | null; connectionId: string | null; most: number; longest: number };

/** Changes in the order of their commits. `cursor`: where to go on. `isNewest`: there was no more when it was read. */
export type ContactFeedPart = { changes: ChangeRecord[]; cursor: string; isNewest: boolean };
