import type { ReadAdvice } from '../../core/arrivals.ts';
import type { FieldMapping, RemovalPolicy } from '../../core/connection.ts';
import { isFlagField, isLabeledField } from '../../core/contact.ts';
import { saidText } from '../../core/outside-text.ts';
import { defaultMaxPercent, fewestEmptied, smallConnection } from '../../core/removal-limits.ts';
import type { ContactPart, Emptied, EmptiedQuestion } from '../../core/sync-store.ts';

/** What the check of a plan needs to know. */
export type PlanFacts = {
  removal: RemovalPolicy;
  /** People who were there at the last complete read and are gone now. 0 when this read can't tell. */
  newlyGone: number;
  /** The connection's active contacts before the run. */
  activeBefore: number;
  /** Fields that many contacts would lose. */
  emptied: readonly Emptied[];
  advice: Pick<ReadAdvice, 'emptied'>;
  /** Somebody asked to review the plan. */
  review: boolean;
};

/** Apply the plan, or hold it until a person has reviewed it. */
export type Verdict = { kind: 'go' } | { kind: 'hold'; reasons: string[] };

/** Decides whether a plan can be applied at once, or a person must review it, and why. Pure. */
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
 * What must be counted to find out whether a plan empties too much: each mapped field, and each label of a list. Flags are never
 * empty, only off. A field that is no longer mapped is not counted, because it no longer belongs to the source. Pure.
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

/** Why a plan is held that empties too much: a sentence for each field, or for each label if the field as a whole is fine. Pure. */
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
