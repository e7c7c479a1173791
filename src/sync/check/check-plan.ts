import type { ReadAdvice } from '../../core/arrivals.ts';
import type { RemovalPolicy } from '../../core/connection.ts';
import { defaultMaxPercent, smallConnection } from '../../core/removal-limits.ts';
import type { Emptied } from '../../core/sync-store.ts';
import { emptiedReasons, type Lacking } from './check-emptied.ts';

/** What the check of a plan needs to know. */
export type PlanFacts = {
  removal: RemovalPolicy;
  /** People who were there at the last complete read and are gone now. 0 when this read can't tell. */
  newlyGone: number;
  /** A read of everybody brought nobody at all. */
  nobodyCame: boolean;
  /** The connection's active contacts before the run. */
  activeBefore: number;
  /** Fields that many contacts would lose. */
  emptied: readonly Emptied[];
  /** What the source has nothing for. */
  lacking: Lacking;
  advice: Pick<ReadAdvice, 'emptied'>;
  /** Somebody asked to review the plan. */
  review: boolean;
};

/** Apply the plan, or hold it until a person has reviewed it. */
export type Verdict = { kind: 'go' } | { kind: 'hold'; reasons: string[] };

/** Decides whether a plan can be applied at once, or a person must review it, and why. Pure. */
export function checkPlan(facts: PlanFacts): Verdict {
  const reasons = [
    ...removalReasons(facts),
    ...emptiedReasons(facts.removal, facts.emptied, facts.lacking, facts.advice),
  ];
  if (facts.review) reasons.push('A review of the plan was asked for.');
  return reasons.length === 0 ? { kind: 'go' } : { kind: 'hold', reasons };
}

function removalReasons({ removal, newlyGone, nobodyCame, activeBefore }: PlanFacts): string[] {
  const reasons: string[] = [];
  const people = `${newlyGone} of ${activeBefore} people are newly gone`;
  if (removal.maxPercent === null && activeBefore < smallConnection.fewerThan) {
    if (nobodyCame && newlyGone > 0) reasons.push(`${people}, and nobody came.`);
    else if (newlyGone > smallConnection.mayGo)
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
}
