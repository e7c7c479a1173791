/**
 * The fields that a mapping can fill. EMAIL and PHONE are lists of labeled values; each other field holds one value. MANAGER holds
 * the manager as the source names them, e.g. a DN.
 */
export const ContactField = {
  DISPLAY_NAME: 'DISPLAY_NAME',
  GIVEN_NAME: 'GIVEN_NAME',
  FAMILY_NAME: 'FAMILY_NAME',
  COMPANY: 'COMPANY',
  JOB_TITLE: 'JOB_TITLE',
  DEPARTMENT: 'DEPARTMENT',
  EMPLOYEE_ID: 'EMPLOYEE_ID',
  MANAGER: 'MANAGER',
  PRIMARY_EMAIL: 'PRIMARY_EMAIL',
  EMAIL: 'EMAIL',
  PHONE: 'PHONE',
  STREET: 'STREET',
  CITY: 'CITY',
  REGION: 'REGION',
  POSTAL_CODE: 'POSTAL_CODE',
  COUNTRY: 'COUNTRY',
  LANGUAGE: 'LANGUAGE',
  TIME_ZONE: 'TIME_ZONE',
  NOTES: 'NOTES',
  PORTAL_ACCESS: 'PORTAL_ACCESS',
  EMAIL_NOTIFICATIONS: 'EMAIL_NOTIFICATIONS',
  FORMS_ACCESS: 'FORMS_ACCESS',
} as const;
export type ContactField = (typeof ContactField)[keyof typeof ContactField];

export type LabeledField = 'EMAIL' | 'PHONE';
export type FlagField = 'PORTAL_ACCESS' | 'EMAIL_NOTIFICATIONS' | 'FORMS_ACCESS';
export type TextField = Exclude<ContactField, LabeledField | FlagField>;

export const flagFields = [
  'PORTAL_ACCESS',
  'EMAIL_NOTIFICATIONS',
  'FORMS_ACCESS',
] as const satisfies readonly FlagField[];

export function isLabeledField(field: ContactField): field is LabeledField {
  return field === 'EMAIL' || field === 'PHONE';
}

export function isFlagField(field: ContactField): field is FlagField {
  return (flagFields as readonly string[]).includes(field);
}

export type LabeledValue = { label: string; value: string };

/**
 * A contact's field values, as mapped, planned, stored in history and compared. An absent key is an empty field
 * (a flag that is absent is false); there are no nulls, no empty strings and no empty lists.
 */
export type ContactValues = { [field in TextField]?: string } & { [field in LabeledField]?: LabeledValue[] } & {
  [field in FlagField]?: boolean;
};

export const ContactStatus = { ACTIVE: 'ACTIVE', INACTIVE: 'INACTIVE' } as const;
export type ContactStatus = (typeof ContactStatus)[keyof typeof ContactStatus];

/** What a mapping fills: a field, or `FIELD:label` for a labeled field, e.g. `PHONE:mobile`. */
export type FieldKey = string;

export function fieldKey(field: ContactField, label: string | null): FieldKey {
  return label === null ? field : `${field}:${label}`;
}

/** In `Fills`: the display name was put together from other fields, because the mapping gave none. */
export const derivedFill = '~';

/**
 * Where a draft's values came from. For each filled field key: the attribute that won, `=` for a fixed value, `{}` for a template,
 * or `~` for a display name put together from other fields. A connection has few distinct ones, so each is stored once.
 */
export type Fills = Record<FieldKey, string>;

/** A person as mapped, not yet matched to a contact. */
export type Draft = { values: ContactValues; fills: Fills };

/** The columns by which contacts are searched and sorted, derived from a contact's values. */
export type IndexedText = {
  /** The primary address in lower case, for comparing. */
  emailKey: string | null;
  nameKey: string;
  /** Empty where there is no company. */
  companyKey: string;
  /** All words the contact is found under. */
  words: readonly string[];
  /** The distinct keys of these words in the search index. */
  search: readonly string[];
};

/**
 * The display name when no mapping gives one: given and family name, else the primary email, else the first labeled
 * email in alphabetical order (the values of an attribute have no order). Undefined: there is none of these. A company
 * is not a person's name.
 */
export function putTogetherName({
  GIVEN_NAME = '',
  FAMILY_NAME = '',
  PRIMARY_EMAIL,
  EMAIL = [],
}: ContactValues): string | undefined {
  return `${GIVEN_NAME} ${FAMILY_NAME}`.trim() || PRIMARY_EMAIL || EMAIL.map(({ value }) => value).toSorted()[0];
}

/** Whether an address is the contact's primary one, ignoring case. The primary address is not listed among the others. */
export function isPrimaryEmail({ PRIMARY_EMAIL }: ContactValues, address: string): boolean {
  return PRIMARY_EMAIL !== undefined && PRIMARY_EMAIL.toLowerCase() === address.toLowerCase();
}

/** The values without the primary address among the other emails; the same object if it is not among them. */
export function primaryEmailOnce(values: ContactValues): ContactValues {
  const others = values.EMAIL?.filter(({ value }) => !isPrimaryEmail(values, value));
  if (others === undefined || others.length === values.EMAIL?.length) return values;
  const { EMAIL: _, ...rest } = values;
  return others.length === 0 ? rest : { ...rest, EMAIL: others };
}
