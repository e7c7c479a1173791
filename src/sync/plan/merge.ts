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

/** What a merge needs to know about contact, draft and other connections. */
export type MergeInput = {
  /** The contact's values now. */
  current: ContactValues;
  /** The values from the source. A missing field is empty there. */
  draft: ContactValues;
  /** For single fields with several values in the source: all of them. */
  alternatives: { [field in TextField]?: string[] };
  mappings: readonly FieldMapping[];
  lockedFields: readonly ContactField[];
  rank: Rank;
  /** The fields that this connection filled last time. Empty for a contact that it did not feed yet. */
  fillsBefore: Fills;
  /** The fields that this connection fills now. */
  fills: Fills;
  others: readonly OtherLink[];
};

/** Whether `a` goes before `b`: the lower priority number first, then the older connection. */
export function outranks(a: Rank, b: Rank): boolean {
  return a.priority !== b.priority
    ? a.priority < b.priority
    : a.createdAt !== b.createdAt
      ? a.createdAt < b.createdAt
      : a.connectionId < b.connectionId;
}

/**
 * Merges a person's draft into a contact, field by field. A field does not change when it is locked, when the mapping's policy
 * says so, or when another connection that fills it goes first. An empty value clears a field only if this connection had filled
 * it and no other does: values that people entered stay. The primary address is not listed again among the other emails. A
 * display name from a source goes before one that is put together from other fields.
 */
export function mergeContact(input: MergeInput): ContactValues {
  const merged: ContactValues = { ...input.current };
  for (const mapping of emailsLast(input.mappings)) {
    const { kind } = judgeField(input, mapping);
    if (kind === 'taken') take(merged, input, mapping);
    else if (kind === 'cleared') clear(merged, mapping);
  }
  if (isNameToFollow(input)) merged.DISPLAY_NAME = putTogetherName(merged) ?? input.current.DISPLAY_NAME;
  return merged;
}

/**
 * What a merge does with a field, and why. `taken`: it gets the person's value. `cleared`: it becomes empty. `goesFirst`: another
 * connection fills it and goes first. `filledElsewhere`: this person has no value, and another connection fills it. `notOurs`: this
 * person has no value, and this connection has not filled it.
 */
export type FieldVerdict =
  | { kind: 'taken' | 'cleared' | 'locked' | 'onlyNew' | 'notEmpty' | 'keptWhenEmpty' | 'notOurs' }
  | { kind: 'goesFirst' | 'filledElsewhere'; connection: string };

/** Decides about one field. No other function does. Pure. */
export function judgeField(input: MergeInput, mapping: FieldMapping): FieldVerdict {
  const { policy, whenEmpty, field, label } = mapping;
  if (policy === 'ON_CREATE') return onlyNew;
  if (input.lockedFields.includes(field)) return locked;
  if (policy === 'IF_EMPTY' && !isEmpty(input.current, mapping)) return notEmpty;
  const key = fieldKey(field, label);
  const othersFill = input.others.filter(({ fills }) => key in fills);
  if (key in input.fills) {
    const first = othersFill.find((other) => goesFirst(other, input, key));
    return first === undefined ? taken : { kind: 'goesFirst', connection: first.connectionName };
  }
  if (policy !== 'ALWAYS' || whenEmpty !== 'CLEAR') return keptWhenEmpty;
  if (!(key in input.fillsBefore)) return notOurs;
  const [other] = othersFill;
  return other === undefined ? cleared : { kind: 'filledElsewhere', connection: other.connectionName };
}

const taken: FieldVerdict = Object.freeze({ kind: 'taken' });
const cleared: FieldVerdict = Object.freeze({ kind: 'cleared' });
const locked: FieldVerdict = Object.freeze({ kind: 'locked' });
const onlyNew: FieldVerdict = Object.freeze({ kind: 'onlyNew' });
const notEmpty: FieldVerdict = Object.freeze({ kind: 'notEmpty' });
const keptWhenEmpty: FieldVerdict = Object.freeze({ kind: 'keptWhenEmpty' });
const notOurs: FieldVerdict = Object.freeze({ kind: 'notOurs' });

/** EMAIL comes last, because it leaves out the primary email, which must be known by then. */
function emailsLast(mappings: readonly FieldMapping[]): FieldMapping[] {
  return [...mappings.filter(({ field }) => field !== 'EMAIL'), ...mappings.filter(({ field }) => field === 'EMAIL')];
}

function goesFirst(other: OtherLink, { fills, rank }: MergeInput, key: FieldKey): boolean {
  const derived = fills[key] === derivedFill;
  return (other.fills[key] === derivedFill) === derived ? outranks(other.rank, rank) : derived;
}

/**
 * Whether the display name must be made again, because the fields it is made of may have changed. That is so when no
 * connection brings a name, and the name still equals the one made of the contact's fields, so nobody has entered
 * another one.
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

/** Replaces the values of a label. The same values in another order change nothing, because values have no order. */
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
