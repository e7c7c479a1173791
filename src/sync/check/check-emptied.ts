import type { ReadAdvice } from '../../core/arrivals.ts';
import type { FieldMapping, RemovalPolicy } from '../../core/connection.ts';
import { isFlagField, isLabeledField } from '../../core/contact.ts';
import { saidText } from '../../core/outside-text.ts';
import { fewestEmptied } from '../../core/removal-limits.ts';
import type { ContactPart, Emptied, EmptiedQuestion } from '../../core/sync-store.ts';

/**
 * What is to be counted to tell whether a plan empties too much: each field that the mappings name, and each label of a list.
 * Flags are off rather than empty, and a field that is not named any more is not the directory's. Pure.
 */
export const emptiedQuestion = (
  { maxEmptiedPercent }: RemovalPolicy,
  mappings: readonly FieldMapping[],
): EmptiedQuestion => ({ parts: maxEmptiedPercent === null ? [] : partsOf(mappings), atLeast: fewestEmptied });

const partsOf = (mappings: readonly FieldMapping[]): ContactPart[] => {
  const fields = new Set(mappings.map(({ field }) => field));
  return [
    ...[...fields].flatMap((field) => (isFlagField(field) ? [] : [{ field, label: null }])),
    ...mappings.flatMap(({ field, label }) => (isLabeledField(field) && label !== null ? [{ field, label }] : [])),
  ];
};

/** Why a plan that empties so much is held: a sentence for each field, or for each label of a field that keeps others. Pure. */
export const emptiedReasons = (
  { maxEmptiedPercent }: RemovalPolicy,
  emptied: readonly Emptied[],
  { emptied: advice }: Pick<ReadAdvice, 'emptied'>,
): string[] => {
  if (maxEmptiedPercent === null) return [];
  const tooMany = emptied.filter(
    (one) => one.emptied >= fewestEmptied && one.emptied * 100 > maxEmptiedPercent * one.had,
  );
  const whole = new Set(tooMany.filter(({ label }) => label === null).map(({ field }) => field));
  return tooMany
    .filter(({ field, label }) => label === null || !whole.has(field))
    .map((one) => reason(one, maxEmptiedPercent, advice));
};

const reason = ({ field, label, emptied, had }: Emptied, percent: number, advice: string): string => {
  const where = label === null ? field : `${field} "${saidText(label)}"`;
  return `${emptied} of ${had} contacts that have a value in ${where} would lose it; the limit is ${percent} %. Check how ${field} is mapped, and ${advice}`;
};
