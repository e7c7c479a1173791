import type { Extent, FeedEnd, ReadAdvice } from '../../core/arrivals.ts';
import { listed } from '../../core/outside-text.ts';
import type { NewLogLine } from '../../core/run.ts';

/** What a read can be used for, and the log lines about it. */
export type Judgement = {
  /** The source was read to its end and everybody had an id. The connection remembers such a read. */
  complete: boolean;
  /** Whether the read can be trusted about who is gone. */
  tellsWhoIsGone: boolean;
  lines: NewLogLine[];
};

/** What judging a read needs to know. */
export type ReadFacts = {
  extent: Extent;
  end: FeedEnd;
  /** The referrals of the last complete read. */
  lastReferrals: readonly string[];
  /** People read, and how many of them had no readable id. */
  counts: { read: number; withoutId: number };
  advice: ReadAdvice;
};

/**
 * Decides what a read can be used for. Parts of the source that are elsewhere (referrals) were not read. If there are new ones
 * since the last complete read, people may have moved there, so nobody counts as gone this time. The same holds when people came
 * without an id: each of them may be one of the missing people. A read that is unsure only about some people
 * (`Unsure`) can tell who else is gone. Pure.
 */
export function judgeRead({ extent, end, lastReferrals, counts: { read, withoutId }, advice }: ReadFacts): Judgement {
  const newReferrals = end.referrals.filter((referral) => !lastReferrals.includes(referral));
  const lines: NewLogLine[] = [...end.notes];
  const because = end.because ?? 'no reason given';
  const isTrusted = end.complete || end.unsure !== undefined;
  if (!isTrusted) lines.push(nobodyRemoved(`The read is not known to be complete, so nobody is removed: ${because}`));
  else if (!end.complete)
    lines.push(
      nobodyRemoved(
        `The groups of the scope could not be read in full, so nobody is removed for being in none of them: ${because} People who left the source or the rest of the scope are removed as usual.`,
      ),
    );
  if (isTrusted && newReferrals.length > 0)
    lines.push(
      nobodyRemoved(
        `Nobody is removed in this run: the source now refers elsewhere for a part of it (${listed(newReferrals)}). ${advice.elsewhere} From the next run on this part is known.`,
      ),
    );
  if (withoutId > 0)
    lines.push(
      nobodyRemoved(
        `Nobody is removed in this run: ${withoutId === 1 ? '1 person' : `${withoutId} people`} came without a readable id, and may be among the missing people. ${advice.withoutId} The lines of the skipped people say who they are.`,
      ),
    );
  if (extent === 'everybody' && end.complete && read === 0)
    lines.push({
      level: 'WARN',
      code: 'EMPTY_READ',
      message: `The source delivered nobody. ${advice.nobody}`,
    });
  const complete = end.complete && withoutId === 0;
  return { complete, tellsWhoIsGone: isTrusted && withoutId === 0 && newReferrals.length === 0, lines };
}

function nobodyRemoved(message: string): NewLogLine {
  return { level: 'WARN', code: 'INCOMPLETE_READ', message };
}
