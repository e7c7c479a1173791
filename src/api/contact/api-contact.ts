import type { FieldNode, GraphQLResolveInfo } from 'graphql';
import type { LabeledValue } from '../../core/contact.ts';
import type { ContactPart, ContactRecord } from '../../core/records.ts';
import { askedFields } from '../operation/asked-fields.ts';

/** A contact as the schema shows it. A request asks for few of its fields, so each is made when it is asked for. */
export class ApiContact {
  readonly #record: ContactRecord;

  constructor(record: ContactRecord) {
    this.#record = record;
  }

  get id(): string {
    return this.#record.id;
  }

  get status(): ContactRecord['status'] {
    return this.#record.status;
  }

  get displayName(): string {
    return this.#record.values.DISPLAY_NAME ?? '';
  }

  get givenName(): string | null {
    return this.#record.values.GIVEN_NAME ?? null;
  }

  get familyName(): string | null {
    return this.#record.values.FAMILY_NAME ?? null;
  }

  get company(): string | null {
    return this.#record.values.COMPANY ?? null;
  }

  get jobTitle(): string | null {
    return this.#record.values.JOB_TITLE ?? null;
  }

  get department(): string | null {
    return this.#record.values.DEPARTMENT ?? null;
  }

  get employeeId(): string | null {
    return this.#record.values.EMPLOYEE_ID ?? null;
  }

  get primaryEmail(): string | null {
    return this.#record.values.PRIMARY_EMAIL ?? null;
  }

  get emails(): readonly LabeledValue[] {
    return this.#record.values.EMAIL ?? noValues;
  }

  get phones(): readonly LabeledValue[] {
    return this.#record.values.PHONE ?? noValues;
  }

  get address() {
    const { STREET, CITY, REGION, POSTAL_CODE, COUNTRY } = this.#record.values;
    return {
      street: STREET ?? null,
      city: CITY ?? null,
      region: REGION ?? null,
      postalCode: POSTAL_CODE ?? null,
      country: COUNTRY ?? null,
    };
  }

  get language(): string | null {
    return this.#record.values.LANGUAGE ?? null;
  }

  get timeZone(): string | null {
    return this.#record.values.TIME_ZONE ?? null;
  }

  get notes(): string | null {
    return this.#record.values.NOTES ?? null;
  }

  get portalAccess(): boolean {
    return this.#record.values.PORTAL_ACCESS ?? false;
  }

  get emailNotifications(): boolean {
    return this.#record.values.EMAIL_NOTIFICATIONS ?? false;
  }

  get formsAccess(): boolean {
    return this.#record.values.FORMS_ACCESS ?? false;
  }

  get createdAt(): ContactRecord['createdAt'] {
    return this.#record.createdAt;
  }

  get updatedAt(): ContactRecord['updatedAt'] {
    return this.#record.updatedAt;
  }

  get lockedFields(): ContactRecord['lockedFields'] {
    return this.#record.lockedFields;
  }

  get version(): ContactRecord['version'] {
    return this.#record.version;
  }

  get removalDueAt(): ContactRecord['removalDueAt'] {
    return this.#record.removalDueAt;
  }
}

const noValues: readonly LabeledValue[] = [];

/** The parts of a contact from which each field is made, besides the id. */
const partsOf: { readonly [Field in keyof ApiContact]: readonly ContactPart[] } = {
  id: [],
  status: ['STATUS'],
  displayName: ['DISPLAY_NAME'],
  givenName: ['GIVEN_NAME'],
  familyName: ['FAMILY_NAME'],
  company: ['COMPANY'],
  jobTitle: ['JOB_TITLE'],
  department: ['DEPARTMENT'],
  employeeId: ['EMPLOYEE_ID'],
  primaryEmail: ['PRIMARY_EMAIL'],
  emails: ['EMAIL'],
  phones: ['PHONE'],
  address: ['STREET', 'CITY', 'REGION', 'POSTAL_CODE', 'COUNTRY'],
  language: ['LANGUAGE'],
  timeZone: ['TIME_ZONE'],
  notes: ['NOTES'],
  portalAccess: ['PORTAL_ACCESS'],
  emailNotifications: ['EMAIL_NOTIFICATIONS'],
  formsAccess: ['FORMS_ACCESS'],
  createdAt: ['CREATED_AT'],
  updatedAt: ['UPDATED_AT'],
  removalDueAt: ['REMOVAL_DUE_AT'],
  lockedFields: ['LOCKED_FIELDS'],
  version: ['VERSION'],
};

const inOrder = Object.entries(partsOf);

/** Remembered by the place in a document, which requests the same parts each time. */
const askedBefore = new WeakMap<FieldNode, readonly ContactPart[]>();

/**
 * The parts of contacts that a document requests, in the field that `info` is about or at `path` below it. Fields with
 * a separate resolver need only the id. The parts are always in the same order, so that there are few different
 * statements.
 */
export function askedParts(info: GraphQLResolveInfo, path: readonly string[] = []): readonly ContactPart[] {
  const [place, ...more] = info.fieldNodes;
  const known = place && more.length === 0 ? askedBefore.get(place) : undefined;
  if (known !== undefined) return known;
  const asked = askedFields(info, path);
  const parts = inOrder.flatMap(([name, partsOfOne]) => (asked.has(name) ? partsOfOne : []));
  if (place && more.length === 0) askedBefore.set(place, parts);
  return parts;
}
