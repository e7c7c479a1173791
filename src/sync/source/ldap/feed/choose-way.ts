import { AppError } from '../../../../core/app-error.ts';
import type { Cursor, ReadMode } from '../../../../core/arrivals.ts';
import type { ReadRequest } from '../../../../core/source-session.ts';
import { fileTime, type NextExpiry } from '../account-flags.ts';
import type { Changes } from '../incremental/open-changes.ts';
import type { Reached } from '../reach.ts';
import type { ChangeFeed, FeedAnswer, NoFeed, Touched } from './change-feed.ts';

/** How a read finds who has changed. `how`: for the run's log. */
export type Way =
  | { kind: 'everybody'; how: ReadMode }
  | { kind: 'sweep'; how: ReadMode; since: Date }
  | {
      kind: 'touched';
      how: ReadMode;
      touched: Touched;
      again: readonly string[];
      known: number;
      expires: bigint | null;
    };

/** What a read knows when it chooses. */
export type WayInput = { reached: Reached; request: ReadRequest; changes: Changes; feed: ChangeFeed | NoFeed };

/**
 * Chooses how a read finds who has changed: it reads everybody, or compares the change marks of everybody, or reads only what the
 * server tells of. If the server has been asked already, so that the answer is about the time before the read.
 */
export async function chooseWay({ reached, request, changes, feed }: WayInput): Promise<Way> {
  const { since, marks, reason } = changes;
  if (marks === null || since === null) return { kind: 'everybody', how: { mode: 'FULL', reason } };
  const sweep = (because: string | null): Way => {
    const why =
      because === null ? {} : { way: `The ids and change marks of everybody were compared, because ${because}.` };
    return { kind: 'sweep', how: { mode: 'INCREMENTAL', reason: null, ...why }, since };
  };
  if ('because' in feed) return sweep(feed.because);
  const noted = notedIn(request.since?.cursor);
  if ('because' in noted) return sweep(noted.because);
  const { expires } = noted;
  if (expires !== null && expires <= fileTime(request.at)) return sweep('an account has expired since the last run');
  const answer = await ask(reached, feed, noted.place);
  if (answer.kind === 'anew') return { kind: 'everybody', how: { mode: 'FULL', reason: answer.because } };
  if (answer.kind === 'silent') return sweep(answer.because);
  await request.ready;
  const { ids: again = null, known = 0 } = request.again?.() ?? {};
  if (again === null) return sweep('not all people whom the last run brought are remembered');
  if (!marks.canKeepOthers) return sweep('too many change marks would have to be remembered');
  const how = { mode: 'INCREMENTAL', reason: null, way: feed.way } as const;
  return { kind: 'touched', how, touched: answer.touched, again, known, expires };
}

/** A server that refuses is one that can't tell, unless the connection is lost. */
async function ask({ connection }: Reached, feed: ChangeFeed, place: unknown): Promise<FeedAnswer> {
  try {
    return await feed.since(place);
  } catch (error) {
    if (!(error instanceof AppError) || !connection.isOpen) throw error;
    return { kind: 'silent', because: `the server refused to tell what was touched (${error.code})` };
  }
}

/**
 * What a cursor holds for the next read besides its marks: where the feed stands, and when the next account expires. Nothing if the
 * scope was read from a directory with parts elsewhere, because a feed does not tell of them.
 */
export function noteFor(feed: ChangeFeed | NoFeed, expiry: NextExpiry, referrals: number): Cursor {
  return 'because' in feed || referrals > 0
    ? {}
    : { feed: { place: feed.place, expires: expiry.at === null ? null : String(expiry.at) } };
}

function notedIn(cursor: Cursor | undefined): { place: unknown; expires: bigint | null } | { because: string } {
  const noted = cursor?.feed;
  if (typeof noted !== 'object' || noted === null || !('place' in noted) || !('expires' in noted))
    return { because: 'the last run has not noted where the server stood' };
  const { place, expires } = noted;
  if (expires === null) return { place, expires };
  return typeof expires === 'string' && /^\d{1,19}$/.test(expires)
    ? { place, expires: BigInt(expires) }
    : { because: 'it is not known when the next account expires' };
}
