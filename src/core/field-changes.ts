import { ContactField, type ContactValues, isFlagField, isLabeledField } from './contact.ts';
import type { ChangeRecord } from './records.ts';

/** One field before and after; a labeled field has one for each label. Null: empty. */
export type FieldChange = { field: ContactField; label: string | null; before: string | null; after: string | null };

type Side = ContactValues | null;

/**
 * The fields that a change changes, in the order of ContactField; labels in the order in which the contact has them. A
 * deactivation only takes portal access away. A skipped person has no changes.
 */
export function fieldChanges({
  action,
  before,
  after,
}: Pick<ChangeRecord, 'action' | 'before' | 'after'>): FieldChange[] {
  if (action === 'SKIP' || action === 'NONE') return [];
  const changed = action === 'DEACTIVATE' ? { ...before, PORTAL_ACCESS: false } : after;
  return Object.values(ContactField)
    .flatMap((field) => sidesOf(field, before, changed))
    .filter((change) => change.before !== change.after);
}

function sidesOf(field: ContactField, before: Side, after: Side): FieldChange[] {
  if (!isLabeledField(field))
    return [{ field, label: null, before: textOf(before, field, after), after: textOf(after, field, before) }];
  const valuesBefore = before?.[field] ?? [];
  const valuesAfter = after?.[field] ?? [];
  const labels = new Set([...valuesBefore, ...valuesAfter].map((value) => value.label));
  return [...labels].map((label) => ({
    field,
    label,
    before: joined(valuesBefore, label),
    after: joined(valuesAfter, label),
  }));
}

function joined(values: readonly { label: string; value: string }[], label: string): string | null {
  return (
    values
      .filter((value) => value.label === label)
      .map(({ value }) => value)
      .join(', ') || null
  );
}

/**
 * A flag of a contact that stays is shown as true or false. Of a contact that is created or deleted, only true flags
 * are shown.
 */
function textOf(values: Side, field: Exclude<ContactField, 'EMAIL' | 'PHONE'>, other: Side): string | null {
  if (values === null) return null;
  if (!isFlagField(field)) return values[field] ?? null;
  const flag = values[field] ?? false;
  return flag || other !== null ? String(flag) : null;
}
