import type { ReadSummary } from '../../core/directory.ts';
import type { NewLogLine } from '../../core/run.ts';

export type Judgement = {
  /** Every base was read to its end, so the read is remembered with the connection. */
  complete: boolean;
  /** Whoever was not delivered may be called gone. */
  tellsWhoIsGone: boolean;
  lines: NewLogLine[];
};

/**
 * What a read may be used for. Parts of the directory that the source refers us to elsewhere were not read; when they are
 * new since the last complete read, people may have moved there, so nobody is called gone this time. Pure.
 */
export const judgeRead = (summary: ReadSummary, lastReferrals: readonly string[], read: number): Judgement => {
  const newReferrals = summary.referrals.filter((referral) => !lastReferrals.includes(referral));
  const lines: NewLogLine[] = [...summary.notes];
  if (!summary.complete)
    lines.push({
      level: 'WARN',
      code: 'INCOMPLETE_READ',
      message: `The read is not known to be complete, so nobody is removed: ${summary.incompleteBecause ?? 'no reason given'}`,
    });
  else if (newReferrals.length > 0)
    lines.push({
      level: 'WARN',
      code: 'INCOMPLETE_READ',
      message: `Nobody is removed in this run: the directory now refers elsewhere for a part of it (${newReferrals.join(', ')}). Add that server as a connection, or narrow the base DNs; from the next run on it is taken as known.`,
    });
  if (summary.complete && read === 0)
    lines.push({
      level: 'WARN',
      code: 'EMPTY_READ',
      message:
        'The directory delivered nobody. Check the base DNs, the scope, and what the bind account may see: a server that hides everybody answers just like an empty one.',
    });
  return { complete: summary.complete, tellsWhoIsGone: summary.complete && newReferrals.length === 0, lines };
};
