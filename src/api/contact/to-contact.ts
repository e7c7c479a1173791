import type { LabeledValue } from '../../core/contact.ts';
import type { ContactRecord } from '../../core/records.ts';

/** A contact as the schema shows it. */
export type ApiContact = ReturnType<typeof toContact>;

export function toContact({ id, status, values, createdAt, updatedAt, removalDueAt }: ContactRecord) {
  return {
    id,
    status,
    displayName: values.DISPLAY_NAME ?? '',
    givenName: values.GIVEN_NAME ?? null,
    familyName: values.FAMILY_NAME ?? null,
    company: values.COMPANY ?? null,
    jobTitle: values.JOB_TITLE ?? null,
    department: values.DEPARTMENT ?? null,
    employeeId: values.EMPLOYEE_ID ?? null,
    primaryEmail: values.PRIMARY_EMAIL ?? null,
    emails: values.EMAIL ?? noValues,
    phones: values.PHONE ?? noValues,
    address: {
      street: values.STREET ?? null,
      city: values.CITY ?? null,
      region: values.REGION ?? null,
      postalCode: values.POSTAL_CODE ?? null,
      country: values.COUNTRY ?? null,
    },
    language: values.LANGUAGE ?? null,
    timeZone: values.TIME_ZONE ?? null,
    notes: values.NOTES ?? null,
    portalAccess: values.PORTAL_ACCESS ?? false,
    emailNotifications: values.EMAIL_NOTIFICATIONS ?? false,
    formsAccess: values.FORMS_ACCESS ?? false,
    createdAt,
    updatedAt,
    removalDueAt,
  };
}

const noValues: readonly LabeledValue[] = [];
