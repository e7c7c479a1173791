import type { ReadAdvice } from '../../core/arrivals.ts';
import type { FieldMapping, RemovalPolicy } from '../../core/connection.ts';
import { type FieldKey, fieldKey, isFlagField, isLabeledField } from '../../core/contact.ts';
import { listed, saidText } from '../../core/outside-text.ts';
import { fewestEmptied } from '../../core/removal-limits.ts';
import type { ContactPart, Emptied, EmptiedQuestion } from '../../core/sync-store.ts';

/**
 * The parts of a contact that the mappings can't fill because the source lacks all of their attributes, with these
 * attributes' names.
 */
export type Lacking = ReadonlyMap<FieldKey, readonly string[]>;

/** The parts that a source without these attributes can't fill. Pure. */
export function lackingParts(
  mappings: readonly FieldMapping[],
  lacking: readonly string[],
  keyOf: (name: string) => string,
): Lacking {
  const missing = new Set(lacking.map(keyOf));
  return new Map(
    partsOf(mappings).flatMap(({ field, label }): [FieldKey, string[]][] => {
      const filling = mappings.filter((one) => one.field === field && (label === null || one.label === label));
      const isLacking = filling.every(
        ({ attributes }) => attributes.length > 0 && attributes.every((name) => missing.has(keyOf(name))),
      );
      return isLacking ? [[fieldKey(field, label), filling.flatMap(({ attributes }) => attributes)]] : [];
    }),
  );
}

/**
 * Of the attributes that the source lacks, those that are probably missing by mistake: the ones in a template, or alone
 * in a mapping. A mapping with several names offers a choice, as the default mappings do. Pure.
 */
export function namedInVain(
  mappings: readonly FieldMapping[],
  lacking: readonly string[],
  keyOf: (name: string) => string,
): string[] {
  const chosen = new Set(mappings.flatMap(({ attributes }) => (attributes.length > 1 ? attributes.map(keyOf) : [])));
  return lacking.filter((name) => !chosen.has(keyOf(name)));
}

/**
 * What must be counted to find out whether a plan empties too much: each mapped field, and each label of a list. Flags are never
 * empty, only off. A field that is no longer mapped is not counted, because it no longer belongs to the source. Pure.
 */
export function emptiedQuestion(
  { maxEmptiedPercent }: RemovalPolicy,
  mappings: readonly FieldMapping[],
  lacking: Lacking,
): EmptiedQuestion {
  const parts = maxEmptiedPercent === null ? [] : partsOf(mappings);
  return { parts, atLeast: lacking.size > 0 ? 1 : fewestEmptied };
}

function partsOf(mappings: readonly FieldMapping[]): ContactPart[] {
  const fields = new Set(mappings.map(({ field }) => field));
  return [
    ...[...fields].flatMap((field) => (isFlagField(field) ? [] : [{ field, label: null }])),
    ...mappings.flatMap(({ field, label }) => (isLabeledField(field) && label !== null ? [{ field, label }] : [])),
  ];
}

/**
 * Why a plan is held that empties too much: a sentence for each field, or for each label if the field as a whole is fine. What the
 * source lacks counts for a few contacts, too. `advice`: null when the plan does not come from a source. Pure.
 */
export function emptiedReasons(
  { maxEmptiedPercent }: RemovalPolicy,
  emptied: readonly Emptied[],
  lacking: Lacking,
  advice: Pick<ReadAdvice, 'emptied'> | null,
): string[] {
  if (maxEmptiedPercent === null) return [];
  const namesOf = ({ field, label }: Emptied): readonly string[] | null => lacking.get(fieldKey(field, label)) ?? null;
  const tooMany = emptied.filter(
    (one) => (one.emptied >= fewestEmptied || namesOf(one) !== null) && one.emptied * 100 > maxEmptiedPercent * one.had,
  );
  const whole = new Set(tooMany.filter(({ label }) => label === null).map(({ field }) => field));
  return tooMany
    .filter(({ field, label }) => label === null || !whole.has(field))
    .map((one) => reason(one, maxEmptiedPercent, namesOf(one), advice));
}

function reason(
  { field, label, emptied, had }: Emptied,
  percent: number,
  names: readonly string[] | null,
  advice: Pick<ReadAdvice, 'emptied'> | null,
): string {
  const where = label === null ? field : `${field} "${saidText(label)}"`;
  const why = names === null ? '' : `, because the source no longer has ${listed(names)}`;
  return `${emptied} of ${had} contacts that have a value in ${where} would lose it${why}; the limit is ${percent} %.${advice === null ? '' : ` Check how ${field} is mapped, and ${advice.emptied}`}`;
}
