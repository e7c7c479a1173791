import type { Extent, FeedEnd, ReadAdvice } from '../../core/arrivals.ts';
import { listed } from '../../core/outside-text.ts';
import type { NewLogLine } from '../../core/run.ts';

export type Judgement = {
  /** Every base was read to its end and everybody was known, so the read is remembered with the connection. */
  complete: boolean;
  /** People who are gone by what the source has told, or has not told, may be called so. */
  tellsWhoIsGone: boolean;
  lines: NewLogLine[];
};

export type ReadFacts = {
  extent: Extent;
  end: FeedEnd;
  /** The search references of the last complete read. */
  lastReferrals: readonly string[];
  /** People delivered; and those among them without an id that can be read. */
  counts: { read: number; withoutId: number };
  advice: ReadAdvice;
};

/**
 * What a read may be used for. Parts of the directory that the source refers us to elsewhere were not read; when they are
 * new since the last complete read, people may have moved there, so nobody is called gone this time. Nor is anybody where
 * some came without an id: each of those may be one of the people who are missed. Pure.
 */
export function judgeRead({ extent, end, lastReferrals, counts: { read, withoutId }, advice }: ReadFacts): Judgement {
  const newReferrals = end.referrals.filter((referral) => !lastReferrals.includes(referral));
  const lines: NewLogLine[] = [...end.notes];
  if (!end.complete)
    lines.push(
      nobodyRemoved(`The read is not known to be complete, so nobody is removed: ${end.because ?? 'no reason given'}`),
    );
  else if (newReferrals.length > 0)
    lines.push(
      nobodyRemoved(
        `Nobody is removed in this run: the directory now refers elsewhere for a part of it (${listed(newReferrals)}). ${advice.elsewhere} From the next run on it is taken as known.`,
      ),
    );
  if (withoutId > 0)
    lines.push(
      nobodyRemoved(
        `Nobody is removed in this run: ${withoutId === 1 ? '1 person' : `${withoutId} people`} came without an id that can be read, and may be somebody who is missed. ${advice.withoutId} The lines of the skipped people say who they are.`,
      ),
    );
  if (extent === 'everybody' && end.complete && read === 0)
    lines.push({
      level: 'WARN',
      code: 'EMPTY_READ',
      message: `The directory delivered nobody. ${advice.nobody}`,
    });
  const complete = end.complete && withoutId === 0;
  return { complete, tellsWhoIsGone: complete && newReferrals.length === 0, lines };
}

function nobodyRemoved(message: string): NewLogLine {
  return { level: 'WARN', code: 'INCOMPLETE_READ', message };
}
