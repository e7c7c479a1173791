import {
  type ContactField,
  type ContactValues,
  type FieldKey,
  type FlagField,
  type LabeledField,
  type LabeledValue,
  primaryEmailOnce,
  putTogetherName,
  type TextField,
} from '../../core/contact.ts';
import { type ContactEdit, changedKeys, type EditableContact, filledBy } from '../../core/contact-edit.ts';
import { formFault, labelFault, textFault } from '../../core/field-value.ts';
import { isInvisible } from '../../core/outside-text.ts';
import type { UserError } from '../../core/user-error.ts';
import type { ContactInput, LabeledValueInput } from './contact.inputs.ts';

/** The most emails, and the most phones, of a contact. */
export const MOST_VALUES = 50;

const texts: { readonly [Member in keyof ContactInput]?: TextField } = {
  displayName: 'DISPLAY_NAME',
  givenName: 'GIVEN_NAME',
  familyName: 'FAMILY_NAME',
  company: 'COMPANY',
  jobTitle: 'JOB_TITLE',
  department: 'DEPARTMENT',
  employeeId: 'EMPLOYEE_ID',
  primaryEmail: 'PRIMARY_EMAIL',
  language: 'LANGUAGE',
  timeZone: 'TIME_ZONE',
  notes: 'NOTES',
};
const addressTexts = {
  street: 'STREET',
  city: 'CITY',
  region: 'REGION',
  postalCode: 'POSTAL_CODE',
  country: 'COUNTRY',
} as const satisfies Record<string, TextField>;
const lists = { emails: 'EMAIL', phones: 'PHONE' } as const satisfies Record<string, LabeledField>;
const flags = {
  portalAccess: 'PORTAL_ACCESS',
  emailNotifications: 'EMAIL_NOTIFICATIONS',
  formsAccess: 'FORMS_ACCESS',
} as const satisfies Record<string, FlagField>;

/** A contact after an edit, with the mistakes in it. Each field that was given has its path in the arguments. */
export type Edited = { edit: ContactEdit; userErrors: UserError[]; given: ReadonlyMap<ContactField, string[]> };

const nobody: Pick<EditableContact, 'values' | 'status' | 'lockedFields' | 'portalAccessBefore'> = {
  values: {},
  status: 'ACTIVE',
  lockedFields: [],
  portalAccessBefore: null,
};

/** A new contact. */
export function newContact(input: ContactInput): Edited {
  return edited(nobody, input);
}

/** Applies an edit to a contact. A field that a connection fills at each run is refused, if its value would change. */
export function editContact(current: EditableContact, input: ContactInput): Edited {
  const after = edited(current, input);
  const refusals = [...after.given].flatMap(([field, path]) =>
    changedKeys(current.values, after.edit.values, field).flatMap((key) => {
      const connection = filledBy(current, field, key);
      return connection === null ? [] : [filledFault(path, key, connection)];
    }),
  );
  return { ...after, userErrors: [...after.userErrors, ...refusals] };
}

function filledFault(path: string[], key: FieldKey, connection: string): UserError {
  return {
    field: path,
    code: 'FIELD_FILLED',
    message: `The connection "${connection}" fills ${key} at each run. Change it in the source, lock the field first, or let the connection's mapping fill it only when it is empty.`,
  };
}

function edited(current: typeof nobody, input: ContactInput): Edited {
  const userErrors: UserError[] = [];
  const given = new Map<ContactField, string[]>();
  const values: ContactValues = { ...current.values };
  const setText = (field: TextField, text: string | null | undefined, path: string[]): void => {
    if (text === undefined) return;
    given.set(field, path);
    const trimmed = text?.trim() ?? '';
    const value = isInvisible(trimmed) ? '' : trimmed;
    const fault = value === '' ? null : (textFault(field, value) ?? formFault(field, value));
    if (fault !== null) userErrors.push({ field: path, ...fault });
    if (value === '') delete values[field];
    else values[field] = value;
  };
  for (const [member, field] of entriesOf(texts))
    setText(field, input[member] as string | null | undefined, ['input', member]);
  if (input.address !== undefined)
    for (const [member, field] of entriesOf(addressTexts))
      setText(field, input.address === null ? null : input.address[member], ['input', 'address', member]);
  for (const [member, field] of entriesOf(lists)) {
    const list = input[member];
    if (list === undefined) continue;
    given.set(field, ['input', member]);
    const { entries, faults } = readList(field, list ?? [], ['input', member]);
    userErrors.push(...faults);
    if (entries.length === 0) delete values[field];
    else values[field] = entries;
  }
  for (const [member, field] of entriesOf(flags)) {
    const flag = input[member];
    if (flag === undefined) continue;
    given.set(field, ['input', member]);
    if (flag) values[field] = true;
    else delete values[field];
  }
  const status = input.status ?? current.status;
  if (status === 'INACTIVE') {
    if (input.portalAccess) userErrors.push(noAccess);
    delete values.PORTAL_ACCESS;
  } else if (current.status === 'INACTIVE' && current.portalAccessBefore && input.portalAccess == null) {
    values.PORTAL_ACCESS = true;
  }
  const named = withName(values, current.values, given.has('DISPLAY_NAME'));
  if (named.DISPLAY_NAME === undefined) userErrors.push(nameless);
  return {
    edit: { status, values: primaryEmailOnce(named), lockedFields: current.lockedFields },
    userErrors,
    given,
  };
}

const noAccess: UserError = {
  field: ['input', 'portalAccess'],
  code: 'CONTRADICTION',
  message: 'An inactive contact has no portal access; make it active, too.',
};
const nameless: UserError = {
  field: ['input', 'displayName'],
  code: 'NAME_REQUIRED',
  message: 'A contact needs a name: a display name, a first or last name, or an email.',
};

/** A display name that was made of other fields follows them, until somebody enters another one. */
function withName(values: ContactValues, before: ContactValues, isGiven: boolean): ContactValues {
  const follows = isGiven
    ? values.DISPLAY_NAME === undefined
    : before.DISPLAY_NAME === undefined || before.DISPLAY_NAME === putTogetherName(before);
  if (!follows) return values;
  const { DISPLAY_NAME: _, ...rest } = values;
  const name = putTogetherName(rest) ?? (isGiven ? undefined : before.DISPLAY_NAME);
  return name === undefined ? rest : { ...rest, DISPLAY_NAME: name };
}

function readList(
  field: LabeledField,
  list: readonly LabeledValueInput[],
  path: string[],
): { entries: LabeledValue[]; faults: UserError[] } {
  const tooMany: UserError = { field: path, code: 'TOO_MANY', message: `At most ${MOST_VALUES} values are taken.` };
  if (list.length > MOST_VALUES) return { entries: [], faults: [tooMany] };
  const entries = list.map(({ label, value }) => ({ label: label.trim(), value: value.trim() }));
  const seen = new Set<string>();
  const faults = entries.flatMap(({ label, value }, i): UserError[] => {
    const at = [...path, String(i)];
    const ofLabel = labelFault(field, label);
    const ofValue = textFault(field, value) ?? formFault(field, value);
    const key = JSON.stringify([label, value.toLowerCase()]);
    const repeated = seen.has(key);
    seen.add(key);
    return [
      ...(ofLabel === null ? [] : [{ field: [...at, 'label'], ...ofLabel }]),
      ...(ofValue === null ? [] : [{ field: [...at, 'value'], ...ofValue }]),
      ...(repeated ? [{ field: at, code: 'DUPLICATE' as const, message: 'This value is listed twice.' }] : []),
    ];
  });
  return { entries, faults };
}

/** `Object.entries` with the types of keys and values. */
function entriesOf<Key extends string, Value>(table: { readonly [K in Key]?: Value }): [Key, Value][] {
  return Object.entries(table) as [Key, Value][];
}
