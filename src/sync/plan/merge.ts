import type { FieldMapping } from '../../core/connection.ts';
import {
  type ContactField,
  type ContactValues,
  derivedFill,
  type FieldKey,
  type Fills,
  fieldKey,
  isFlagField,
  isLabeledField,
  isPrimaryEmail,
  type LabeledField,
  type LabeledValue,
  putTogetherName,
  type TextField,
} from '../../core/contact.ts';
import type { OtherLink, Rank } from '../../core/plan.ts';

export type MergeInput = {
  /** What the contact has now. */
  current: ContactValues;
  /** What the directory says now; an absent field is empty there. */
  draft: ContactValues;
  /** Candidates of single fields that had several values. */
  alternatives: { [field in TextField]?: string[] };
  mappings: readonly FieldMapping[];
  lockedFields: readonly ContactField[];
  rank: Rank;
  /** What this connection filled the last time; empty for a contact it did not feed yet. */
  fillsBefore: Fills;
  /** What this connection fills now. */
  fills: Fills;
  others: readonly OtherLink[];
};

/** Whether `a` goes before `b`: the lower priority, between equals the older connection. */
export function outranks(a: Rank, b: Rank): boolean {
  return a.priority !== b.priority
    ? a.priority < b.priority
    : a.createdAt !== b.createdAt
      ? a.createdAt < b.createdAt
      : a.connectionId < b.connectionId;
}

/**
 * What a contact becomes when a person's draft is brought into it, field by field. A field stays as it is when it is
 * locked, when its mapping's policy says so, or when another connection that fills it goes first. An empty value clears
 * only what this connection itself had filled and nobody else fills: what people entered stays. The address that becomes the
 * primary one is not listed again among those that the person brings. A display name put together from other fields gives
 * way to one that a connection brings.
 */
export function mergeContact(input: MergeInput): ContactValues {
  const merged: ContactValues = { ...input.current };
  for (const mapping of emailsLast(input.mappings)) {
    if (mapping.policy === 'ON_CREATE' || input.lockedFields.includes(mapping.field)) continue;
    const key = fieldKey(mapping.field, mapping.label);
    if (mapping.policy === 'IF_EMPTY' && !isEmpty(input.current, mapping)) continue;
    const othersFill = input.others.filter(({ fills }) => key in fills);
    if (key in input.fills) {
      if (othersFill.some((other) => goesFirst(other, input, key))) continue;
      take(merged, input, mapping);
    } else if (
      mapping.policy === 'ALWAYS' &&
      mapping.whenEmpty === 'CLEAR' &&
      key in input.fillsBefore &&
      othersFill.length === 0
    )
      clear(merged, mapping);
  }
  if (isNameToFollow(input)) merged.DISPLAY_NAME = putTogetherName(merged) ?? input.current.DISPLAY_NAME;
  return merged;
}

/** The primary email stands before it is asked which of the others are not it. */
function emailsLast(mappings: readonly FieldMapping[]): FieldMapping[] {
  return [...mappings.filter(({ field }) => field !== 'EMAIL'), ...mappings.filter(({ field }) => field === 'EMAIL')];
}

function goesFirst(other: OtherLink, { fills, rank }: MergeInput, key: FieldKey): boolean {
  const derived = fills[key] === derivedFill;
  return (other.fills[key] === derivedFill) === derived ? outranks(other.rank, rank) : derived;
}

/**
 * Whether the display name is one that was put together from fields which may have changed now: no connection brings one,
 * and the name is still what the contact's other fields come to, so that nobody has given another.
 */
function isNameToFollow({ current, mappings, lockedFields, fills, fillsBefore, others }: MergeInput): boolean {
  const ofOthers = others.map((other) => other.fills.DISPLAY_NAME);
  return (
    fills.DISPLAY_NAME === derivedFill &&
    !lockedFields.includes('DISPLAY_NAME') &&
    !mappings.some(({ field }) => field === 'DISPLAY_NAME') &&
    ofOthers.every((fill) => fill === undefined || fill === derivedFill) &&
    [fillsBefore.DISPLAY_NAME, ...ofOthers].some((fill) => fill !== undefined) &&
    current.DISPLAY_NAME === putTogetherName(current)
  );
}

function labeled(values: ContactValues, field: LabeledField, label: string | null): LabeledValue[] {
  return (values[field] ?? []).filter((entry) => entry.label === label);
}

function isEmpty(values: ContactValues, { field, label }: FieldMapping): boolean {
  if (isLabeledField(field)) return labeled(values, field, label).length === 0;
  return isFlagField(field) ? values[field] !== true : values[field] === undefined;
}

function take(
  merged: ContactValues,
  { current, draft, alternatives }: MergeInput,
  { field, label }: FieldMapping,
): void {
  if (isLabeledField(field)) {
    const values = labeled(draft, field, label);
    const others = field === 'EMAIL' ? values.filter(({ value }) => !isPrimaryEmail(merged, value)) : values;
    replaceLabel(merged, field, label, others);
  } else if (isFlagField(field)) {
    const flag = draft[field];
    if (flag !== undefined) merged[field] = flag;
  } else {
    const kept = current[field];
    const value = kept !== undefined && alternatives[field]?.includes(kept) ? kept : draft[field];
    if (value !== undefined) merged[field] = value;
  }
}

function clear(merged: ContactValues, { field, label }: FieldMapping): void {
  if (isLabeledField(field)) replaceLabel(merged, field, label, []);
  else if (field !== 'DISPLAY_NAME') delete merged[field];
}

/** The values of an attribute have no order: the same ones in another order change nothing. */
function replaceLabel(merged: ContactValues, field: LabeledField, label: string | null, values: LabeledValue[]): void {
  const list = merged[field] ?? [];
  const before = list.filter((entry) => entry.label === label);
  const wanted = new Set(values.map(({ value }) => value));
  if (before.length === wanted.size && before.every(({ value }) => wanted.has(value))) return;
  const first = list.findIndex((entry) => entry.label === label);
  const rest = list.filter((entry) => entry.label !== label);
  const at = first === -1 ? rest.length : first;
  const next = [...rest.slice(0, at), ...values, ...rest.slice(at)];
  if (next.length === 0) delete merged[field];
  else merged[field] = next;
}
