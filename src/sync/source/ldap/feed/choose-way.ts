import { hash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../../../core/app-error.ts';
import type { Cursor, ReadMode } from '../../../../core/arrivals.ts';
import type { ReadRequest } from '../../../../core/source-session.ts';
import { fileTime, type NextExpiry } from '../account-flags.ts';
import { canonicalDn } from '../dn.ts';
import type { Changes } from '../incremental/open-changes.ts';
import type { Reached } from '../reach.ts';
import type { ScopePlan } from '../scope-plan.ts';
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
      compared: string;
    };

/** The facts with which a read chooses. */
export type WayInput = {
  reached: Reached;
  request: ReadRequest;
  scope: ScopePlan;
  changes: Changes;
  feed: ChangeFeed | NoFeed;
};

/**
 * Chooses how a read finds who has changed: it reads everybody, or compares everybody's change marks, or reads only the
 * people whom the server reports. The server is asked here, so that its answer covers the time before the read.
 */
export async function chooseWay({ reached, request, scope, changes, feed }: WayInput): Promise<Way> {
  const { since, marks, reason } = changes;
  if (marks === null || since === null) return { kind: 'everybody', how: { mode: 'FULL', reason } };
  const sweep = (because: string | null): Way => {
    const why =
      because === null ? {} : { way: `The ids and change marks of everybody were compared, because ${because}.` };
    return { kind: 'sweep', how: { mode: 'INCREMENTAL', reason: null, ...why }, since };
  };
  if ('because' in feed) return sweep(feed.because);
  const noted = notedIn(request.since?.cursor);
  if (noted === null) return sweep('the last run has not noted where the server stood');
  const { expires, compared } = noted;
  if (noted.groups !== groupsOf(scope)) return sweep('its groups have other members than at the last run');
  if (expires !== null && expires <= fileTime(request.at)) return sweep('an account has expired since the last run');
  if (feed.trustedMs !== null && request.at.getTime() - Date.parse(compared) >= feed.trustedMs)
    return sweep('it is time again: the server does not tell of everything');
  const answer = await ask(reached, feed, noted.place);
  if (answer.kind === 'anew') return { kind: 'everybody', how: { mode: 'FULL', reason: answer.because } };
  if (answer.kind === 'silent') return sweep(answer.because);
  await request.ready;
  const { ids: again = null, known = 0 } = request.again?.() ?? {};
  if (again === null) return sweep('not all people whom the last run brought are remembered');
  if (!marks.canKeepOthers) return sweep('too many change marks would have to be remembered');
  const how = { mode: 'INCREMENTAL', reason: null, way: feed.way } as const;
  return { kind: 'touched', how, touched: answer.touched, again, known, expires, compared };
}

/** Asks the server. A refusal means that it does not know, unless the connection is lost. */
async function ask({ connection }: Reached, feed: ChangeFeed, place: unknown): Promise<FeedAnswer> {
  try {
    return await feed.since(place);
  } catch (error) {
    if (!(error instanceof AppError) || !connection.isOpen) throw error;
    return { kind: 'silent', because: `the server refused to tell what was touched (${error.code})` };
  }
}

/** The parts of a cursor besides the marks. */
type Noted = {
  /** The position of the feed. */
  place: unknown;
  /** When the next account expires (a FILETIME); null: none expires. */
  expires: bigint | null;
  /** When everybody was last read or compared. */
  compared: string;
  /** See `groupsOf`. */
  groups: string | null;
};

/** The facts about a read that the next one needs. */
type NoteInput = Pick<WayInput, 'request' | 'scope' | 'feed'> & { way: Way; expiry: NextExpiry; referrals: number };

/**
 * What the next read needs. Nothing if parts of the scope are on other servers, because a feed does not report their
 * changes.
 */
export function noteFor({ request, scope, feed, way, expiry, referrals }: NoteInput): Cursor {
  if ('because' in feed || referrals > 0) return {};
  const expires = expiry.at === null ? null : String(expiry.at);
  const compared = way.kind === 'touched' ? way.compared : request.at.toISOString();
  return { feed: { place: feed.place, expires, compared, groups: groupsOf(scope) } };
}

const notedShape = z.object({
  place: z.unknown(),
  expires: z
    .string()
    .regex(/^\d{1,19}$/)
    .transform(BigInt)
    .nullable(),
  compared: z.string(),
  groups: z.string().nullable(),
});

function notedIn(cursor: Cursor | undefined): Noted | null {
  const noted = notedShape.safeParse(cursor?.feed);
  return noted.success ? { ...noted.data, place: noted.data.place } : null;
}

/**
 * A fingerprint of the groups of a scope and of their members. A membership is a value of the group, so a person who
 * joins or leaves a group is not touched. Null: the scope has no groups.
 */
function groupsOf({ parts: { include, exclude, byServer } }: ScopePlan): string | null {
  if (include === null && exclude === null) return null;
  const sides = [include, exclude].map(
    (side) => side && [side.groups.map(({ dn, rid }) => [canonicalDn(dn), rid]), side.members.fingerprint()],
  );
  return hash('sha256', JSON.stringify([sides, byServer !== null]), 'hex');
}
