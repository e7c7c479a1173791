import { ContactField, type ContactValues, isFlagField, isLabeledField } from '../../core/contact.ts';
import type { ChangeRecord } from '../../core/records.ts';

/** One field, for labeled fields one label of it, before and after; null: empty. */
export type FieldChange = { field: ContactField; label: string | null; before: string | null; after: string | null };

type Side = ContactValues | null;

/**
 * What a change does field by field, in the order of ContactField and, within a labeled field, of labels as they come.
 * A deactivation takes portal access away and nothing else; someone who is skipped has no change.
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

/** A flag of a contact that is there is true or false; of one that comes or goes, only what is true is told. */
function textOf(values: Side, field: Exclude<ContactField, 'EMAIL' | 'PHONE'>, other: Side): string | null {
  if (values === null) return null;
  if (!isFlagField(field)) return values[field] ?? null;
  const flag = values[field] ?? false;
  return flag || other !== null ? String(flag) : null;
}
