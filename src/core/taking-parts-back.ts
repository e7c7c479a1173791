import { ContactField, type ContactValues, isLabeledField, primaryEmailOnce } from './contact.ts';
import { type ContactEdit, changedKeys, type LeftPart } from './contact-edit.ts';
import { takenBack } from './taking-back.ts';

/** A contact at one moment, with the date on which it will be removed. */
export type ContactMoment = ContactEdit & { removalDueAt: string | null };

/** A single change of an existing contact, and the contact now. */
export type ChangeInParts = {
  before: ContactMoment;
  after: ContactMoment;
  now: ContactMoment;
  /** The link of the connection that made the change. `asLeft`: nothing has changed since. */
  link: { given: boolean; noted: boolean; asLeft: boolean };
};

/** The result of reverting the parts of a change. */
export type PartsBack =
  | {
      kind: 'change';
      action: 'UPDATE' | 'REACTIVATE' | 'DEACTIVATE' | 'NONE';
      edit: ContactEdit;
      /** The parts that are reverted besides those of `edit`. */
      back: { status: boolean; manager: boolean; removal: boolean; link: boolean };
      left: LeftPart[];
      reason: string;
    }
  | { kind: 'nothing' };

/**
 * Decides which parts of a change are reverted although the contact has changed since: the parts that are still as the
 * change left them. The other parts stay and are named. Parts that are already as before are not mentioned. Pure.
 */
export function takePartsBack({ before, after, now, link }: ChangeInParts): PartsBack {
  const status = before.status !== after.status && now.status === after.status;
  const fields = valuesBack(before.values, after.values, now.values);
  const left = [...fields.left];
  const edit = {
    status: status ? before.status : now.status,
    values: primaryEmailOnce(fields.values),
    lockedFields: locksBack(before, after, now),
  };
  if (edit.status === 'INACTIVE' && edit.values.PORTAL_ACCESS) {
    delete edit.values.PORTAL_ACCESS;
    left.push({
      field: 'PORTAL_ACCESS',
      label: null,
      message: 'PORTAL_ACCESS stays off, because the contact is inactive.',
    });
  }
  const removal = before.removalDueAt !== after.removalDueAt && now.removalDueAt === after.removalDueAt;
  if (!removal && before.removalDueAt !== after.removalDueAt && now.removalDueAt !== before.removalDueAt)
    left.push(whole('The date of its removal'));
  if (link.given && !link.asLeft) left.push(whole('Its link to the connection'));
  const locks =
    edit.lockedFields.length !== now.lockedFields.length || !sameFields(edit.lockedFields, now.lockedFields);
  const keys = Object.values(ContactField).flatMap((field) => changedKeys(now.values, edit.values, field));
  const noted = link.asLeft && (link.given || link.noted);
  if (!status && !removal && !locks && !noted && keys.length === 0) return { kind: 'nothing' };
  return {
    kind: 'change',
    action: status
      ? before.status === 'ACTIVE'
        ? 'REACTIVATE'
        : 'DEACTIVATE'
      : keys.length === 0 && !locks && !link.given
        ? 'NONE'
        : 'UPDATE',
    edit,
    back: { status, manager: keys.includes('MANAGER'), removal, link: link.asLeft },
    left,
    reason: left.length === 0 ? takenBack : `${takenBack} in part: ${left.map(({ message }) => message).join(' ')}`,
  };
}

function whole(what: string): LeftPart {
  return { field: null, label: null, message: `${what} has changed since.` };
}

function valuesBack(
  before: ContactValues,
  after: ContactValues,
  now: ContactValues,
): { values: ContactValues; left: LeftPart[] } {
  const values: Record<string, unknown> = { ...now };
  const left: LeftPart[] = [];
  for (const field of Object.values(ContactField)) {
    const sinceThen = new Set(changedKeys(after, now, field));
    const asBefore = new Set(changedKeys(before, now, field));
    for (const key of changedKeys(before, after, field)) {
      const label = isLabeledField(field) ? key.slice(field.length + 1) : null;
      if (!sinceThen.has(key)) giveBack(values, before, field, label);
      else if (asBefore.has(key)) left.push({ field, label, message: `${key} has changed since.` });
    }
  }
  return { values: values as ContactValues, left };
}

/** Sets a field, or one label of it, to its earlier value in `values`. Other labels stay. */
function giveBack(
  values: Record<string, unknown>,
  before: ContactValues,
  field: ContactField,
  label: string | null,
): void {
  const earlier = before[field];
  if (!isLabeledField(field)) {
    if (earlier === undefined || earlier === false) delete values[field];
    else values[field] = earlier;
    return;
  }
  const others = ((values[field] ?? []) as { label: string }[]).filter((one) => one.label !== label);
  const list = [...others, ...(before[field] ?? []).filter((one) => one.label === label)];
  if (list.length === 0) delete values[field];
  else values[field] = list;
}

/** The locked fields. A lock that the change has set or removed is reverted if nobody has changed it since. */
function locksBack(before: ContactEdit, after: ContactEdit, now: ContactEdit): ContactField[] {
  return Object.values(ContactField).filter((field) => {
    const [was, became, is] = [before, after, now].map(({ lockedFields }) => lockedFields.includes(field));
    return is === became ? was : is;
  });
}

function sameFields(some: readonly ContactField[], others: readonly ContactField[]): boolean {
  return some.every((field) => others.includes(field));
}
