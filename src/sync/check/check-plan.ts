import type { ReadAdvice } from '../../core/arrivals.ts';
import type { RemovalPolicy } from '../../core/connection.ts';
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

/** Where `maxPercent` is left out. */
const defaultMaxPercent = 10;
/** Below this many contacts a percentage says little, so a number takes its place where none was chosen. */
const smallConnection = 20;
const smallConnectionLimit = 2;

/** Whether a plan may be applied at once, or a person must look at it first, and why. Pure. */
export const checkPlan = (facts: PlanFacts): Verdict => {
  const reasons = [...removalReasons(facts), ...emptiedReasons(facts.removal, facts.emptied, facts.advice)];
  if (facts.review) reasons.push('A review of the plan was asked for.');
  return reasons.length === 0 ? { kind: 'go' } : { kind: 'hold', reasons };
};

const removalReasons = ({ removal, newlyGone, activeBefore }: PlanFacts): string[] => {
  const reasons: string[] = [];
  const people = `${newlyGone} of ${activeBefore} people are newly gone`;
  if (removal.maxPercent === null && activeBefore < smallConnection) {
    if (newlyGone > smallConnectionLimit)
      reasons.push(
        `${people}; more than ${smallConnectionLimit} are held for a connection of fewer than ${smallConnection}.`,
      );
  } else {
    const percent = removal.maxPercent ?? defaultMaxPercent;
    if (newlyGone * 100 > percent * activeBefore) reasons.push(`${people}; the limit is ${percent} %.`);
  }
  if (removal.maxCount !== null && newlyGone > removal.maxCount)
    reasons.push(`${people}; the limit is ${removal.maxCount}.`);
  return reasons;
};
