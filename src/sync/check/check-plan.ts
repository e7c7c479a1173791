import type { ReadAdvice } from '../../core/arrivals.ts';
import type { RemovalPolicy } from '../../core/connection.ts';
import { defaultMaxPercent, smallConnection } from '../../core/removal-limits.ts';
import type { ChangeAction } from '../../core/run.ts';
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
  /** The parts that the source can't fill. */
  lacking: Lacking;
  advice: Pick<ReadAdvice, 'emptied'>;
  /** Changes of the plan that would repeat a change that somebody has reverted, by action. */
  again: readonly { action: ChangeAction; count: number }[];
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
  if (facts.again.length > 0) reasons.push(againReason(facts.again));
  if (facts.review) reasons.push('A review of the plan was asked for.');
  return reasons.length === 0 ? { kind: 'go' } : { kind: 'hold', reasons };
}

function againReason(again: PlanFacts['again']): string {
  const sum = again.reduce((all, { count }) => all + count, 0);
  const each = again.map(({ action, count }) => `${count} ${action}`).join(', ');
  return `It would do again ${sum === 1 ? '1 change that was' : `${sum} changes that were`} taken back: ${each}.`;
}

type Removals = Pick<PlanFacts, 'removal' | 'newlyGone' | 'nobodyCame' | 'activeBefore'>;

/** Why a plan is held that removes too many. `what`: the words for those who go. Pure. */
export function removalReasons(
  { removal, newlyGone, nobodyCame, activeBefore }: Removals,
  what = 'people are newly gone',
): string[] {
  const reasons: string[] = [];
  const people = `${newlyGone} of ${activeBefore} ${what}`;
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
