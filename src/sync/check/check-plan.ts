import type { ReadAdvice } from '../../core/arrivals.ts';
import type { RemovalPolicy } from '../../core/connection.ts';
import { defaultMaxPercent, smallConnection } from '../../core/removal-limits.ts';
import type { Emptied } from '../../core/sync-store.ts';
import { emptiedReasons } from './check-emptied.ts';

export type PlanFacts = {
  removal: RemovalPolicy;
  /** People whom the last complete read still had and this one has not; 0 after a read that can't tell. */
  newlyGone: number;
  /** The connection's active contacts before the run. */
  activeBefore: number;
  /** What many contacts would lose. */
  emptied: readonly Emptied[];
  advice: Pick<ReadAdvice, 'emptied'>;
  /** Somebody asked to look at the plan first. */
  review: boolean;
};

export type Verdict = { kind: 'go' } | { kind: 'hold'; reasons: string[] };

/** Whether a plan may be applied at once, or a person must look at it first, and why. Pure. */
export const checkPlan = (facts: PlanFacts): Verdict => {
  const reasons = [...removalReasons(facts), ...emptiedReasons(facts.removal, facts.emptied, facts.advice)];
  if (facts.review) reasons.push('A review of the plan was asked for.');
  return reasons.length === 0 ? { kind: 'go' } : { kind: 'hold', reasons };
};

const removalReasons = ({ removal, newlyGone, activeBefore }: PlanFacts): string[] => {
  const reasons: string[] = [];
  const people = `${newlyGone} of ${activeBefore} people are newly gone`;
  if (removal.maxPercent === null && activeBefore < smallConnection.fewerThan) {
    if (newlyGone > smallConnection.mayGo)
      reasons.push(
        `${people}; more than ${smallConnection.mayGo} are held for a connection of fewer than ${smallConnection.fewerThan}.`,
      );
  } else {
    const percent = removal.maxPercent ?? defaultMaxPercent;
    if (newlyGone * 100 > percent * activeBefore) reasons.push(`${people}; the limit is ${percent} %.`);
  }
  if (removal.maxCount !== null && newlyGone > removal.maxCount)
    reasons.push(`${people}; the limit is ${removal.maxCount}.`);
  return reasons;
};
