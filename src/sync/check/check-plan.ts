import type { ReadAdvice } from '../../core/arrivals.ts';
import type { FieldMapping, RemovalPolicy } from '../../core/connection.ts';
import { isFlagField, isLabeledField } from '../../core/contact.ts';
import { saidText } from '../../core/outside-text.ts';
import { defaultMaxPercent, fewestEmptied, smallConnection } from '../../core/removal-limits.ts';
import type { ContactPart, Emptied, EmptiedQuestion } from '../../core/sync-store.ts';

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
export function checkPlan(facts: PlanFacts): Verdict {
  const reasons = [...removalReasons(facts), ...emptiedReasons(facts.removal, facts.emptied, facts.advice)];
  if (facts.review) reasons.push('A review of the plan was asked for.');
  return reasons.length === 0 ? { kind: 'go' } : { kind: 'hold', reasons };
}

function removalReasons({ removal, newlyGone, activeBefore }: PlanFacts): string[] {
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
}

/**
 * What is to be counted to tell whether a plan empties too much: each field that the mappings name, and each label of a list.
 * Flags are off rather than empty, and a field that is not named any more is not the directory's. Pure.
 */
export function emptiedQuestion(
  { maxEmptiedPercent }: RemovalPolicy,
  mappings: readonly FieldMapping[],
): EmptiedQuestion {
  return { parts: maxEmptiedPercent === null ? [] : partsOf(mappings), atLeast: fewestEmptied };
}

function partsOf(mappings: readonly FieldMapping[]): ContactPart[] {
  const fields = new Set(mappings.map(({ field }) => field));
  return [
    ...[...fields].flatMap((field) => (isFlagField(field) ? [] : [{ field, label: null }])),
    ...mappings.flatMap(({ field, label }) => (isLabeledField(field) && label !== null ? [{ field, label }] : [])),
  ];
}

/** Why a plan that empties so much is held: a sentence for each field, or for each label of a field that keeps others. Pure. */
export function emptiedReasons(
  { maxEmptiedPercent }: RemovalPolicy,
  emptied: readonly Emptied[],
  { emptied: advice }: Pick<ReadAdvice, 'emptied'>,
): string[] {
  if (maxEmptiedPercent === null) return [];
  const tooMany = emptied.filter(
    (one) => one.emptied >= fewestEmptied && one.emptied * 100 > maxEmptiedPercent * one.had,
  );
  const whole = new Set(tooMany.filter(({ label }) => label === null).map(({ field }) => field));
  return tooMany
    .filter(({ field, label }) => label === null || !whole.has(field))
    .map((one) => reason(one, maxEmptiedPercent, advice));
}

function reason({ field, label, emptied, had }: Emptied, percent: number, advice: string): string {
  const where = label === null ? field : `${field} "${saidText(label)}"`;
  return `${emptied} of ${had} contacts that have a value in ${where} would lose it; the limit is ${percent} %. Check how ${field} is mapped, and ${advice}`;
}
