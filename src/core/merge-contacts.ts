import type { ContactValues, LabeledField, LabeledValue } from './contact.ts';
import { ContactField, isFlagField, isLabeledField, isPrimaryEmail, primaryEmailOnce } from './contact.ts';
import type { ContactEdit, EditableContact } from './contact-edit.ts';

/** The label of a primary email that becomes one of the further emails. */
const formerPrimary = 'other';

/**
 * Merges two contacts of one person. The values of the first one stay; its empty fields are filled from the second one,
 * and the emails and phones of both are kept. Access rights are those of the first one. The result is active if one of
 * the two is. If that makes it active again, it gets back the access that its removal took away.
 */
export function mergedContact(keep: EditableContact, drop: ContactEdit): ContactEdit {
  const values: ContactValues = { ...keep.values };
  for (const field of Object.values(ContactField)) {
    if (isFlagField(field)) continue;
    if (isLabeledField(field)) both(values, drop.values, field);
    else values[field] ??= drop.values[field] as never;
  }
  const { PRIMARY_EMAIL } = drop.values;
  if (PRIMARY_EMAIL !== undefined && !isPrimaryEmail(values, PRIMARY_EMAIL))
    both(values, { EMAIL: [{ label: formerPrimary, value: PRIMARY_EMAIL }] }, 'EMAIL');
  const status = keep.status === 'ACTIVE' || drop.status === 'ACTIVE' ? 'ACTIVE' : 'INACTIVE';
  if (status !== keep.status && keep.portalAccessBefore) values.PORTAL_ACCESS = true;
  const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ContactValues;
  return {
    status,
    values: primaryEmailOnce(filled),
    lockedFields: keep.lockedFields,
  };
}

function both(values: ContactValues, more: ContactValues, field: LabeledField): void {
  const own = values[field] ?? [];
  const has = ({ value }: LabeledValue): boolean => own.some((one) => one.value.toLowerCase() === value.toLowerCase());
  const list = [...own, ...(more[field] ?? []).filter((one) => !has(one))];
  if (list.length > 0) values[field] = list;
}
