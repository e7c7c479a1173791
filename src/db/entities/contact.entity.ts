import { EntitySchema } from 'typeorm';
import type { ContactField, ContactStatus, Fills, LabeledValue } from '../../core/contact.ts';
import { bytewise, keyPart, optional, text, time } from './columns.ts';

export type ContactRow = {
  workspace_id: string;
  id: string;
  status: ContactStatus;
  display_name: string;
  given_name: string | null;
  family_name: string | null;
  company: string | null;
  job_title: string | null;
  department: string | null;
  employee_id: string | null;
  manager: string | null;
  primary_email: string | null;
  emails: LabeledValue[] | null;
  phones: LabeledValue[] | null;
  street: string | null;
  city: string | null;
  region: string | null;
  postal_code: string | null;
  country: string | null;
  language: string | null;
  time_zone: string | null;
  notes: string | null;
  portal_access: boolean;
  email_notifications: boolean;
  forms_access: boolean;
  /** `portal_access` before the contact was deactivated. */
  portal_access_before: boolean | null;
  locked_fields: ContactField[];
  version: number;
  removal_due_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** The transaction that wrote the row last. The change feed waits for transactions that are still open. */
  changed_xid: string;
  /** The id space and id of the person without an address for whom a run made the contact. */
  person_key: string | null;
  /** This and the following columns find and order contacts. search/contact-index derives them. */
  email_key: string | null;
  name_key: string;
  company_key: string;
  /** The digest of the manager's name in the source (see ContactLinkRow.person_ref). */
  manager_ref: string | null;
  words: string;
  search: string;
};

export const contactEntity = new EntitySchema<ContactRow>({
  name: 'contact',
  tableName: 'contact',
  columns: {
    workspace_id: keyPart('contact'),
    id: keyPart('contact'),
    status: text(),
    display_name: text(),
    given_name: text(optional),
    family_name: text(optional),
    company: text(optional),
    job_title: text(optional),
    department: text(optional),
    employee_id: text(optional),
    manager: text(optional),
    primary_email: text(optional),
    emails: { type: 'json', ...optional },
    phones: { type: 'json', ...optional },
    street: text(optional),
    city: text(optional),
    region: text(optional),
    postal_code: text(optional),
    country: text(optional),
    language: text(optional),
    time_zone: text(optional),
    notes: text(optional),
    portal_access: { type: 'boolean', default: false },
    email_notifications: { type: 'boolean', default: false },
    forms_access: { type: 'boolean', default: false },
    portal_access_before: { type: 'boolean', ...optional },
    locked_fields: text({ array: true, default: '{}' }),
    version: { type: 'integer', default: 1 },
    removal_due_at: time(optional),
    created_at: time(),
    updated_at: time(),
    // Written as TypeORM reads the default back, without casts.
    changed_xid: { type: 'bigint', default: () => '((pg_current_xact_id()))' },
    person_key: bytewise(optional),
    email_key: bytewise(optional),
    name_key: bytewise(),
    company_key: bytewise(),
    manager_ref: { type: 'uuid', ...optional },
    words: text(),
    search: { type: 'tsvector' },
  },
  indices: [
    {
      name: 'contact_email_of_active',
      columns: ['workspace_id', 'email_key'],
      unique: true,
      where: `status = 'ACTIVE' AND email_key IS NOT NULL`,
    },
    {
      name: 'contact_email_of_inactive',
      columns: ['workspace_id', 'email_key'],
      where: `status = 'INACTIVE' AND email_key IS NOT NULL`,
    },
    {
      name: 'contact_of_person',
      columns: ['workspace_id', 'person_key'],
      unique: true,
      where: `person_key IS NOT NULL`,
    },
    { name: 'contact_by_name', columns: ['workspace_id', 'name_key', 'id'] },
    { name: 'contact_by_company', columns: ['workspace_id', 'company_key', 'id'] },
    { name: 'contact_by_update', columns: ['workspace_id', 'updated_at', 'id'] },
    {
      name: 'contact_by_manager',
      columns: ['workspace_id', 'manager_ref', 'name_key', 'id'],
      where: 'manager_ref IS NOT NULL',
    },
    {
      name: 'contact_due_for_removal',
      columns: ['workspace_id', 'name_key', 'id'],
      where: 'removal_due_at IS NOT NULL',
    },
    { name: 'contact_by_creation', columns: ['workspace_id', 'created_at', 'id'] },
    // A GIN index. TypeORM can't describe one, so only the migrations make it.
    { name: 'contact_by_search', columns: ['search'], synchronize: false },
  ],
});

/** Links a person of a connection to their contact. */
export type ContactLinkRow = {
  workspace_id: string;
  connection_id: string;
  /** The person's stable id in the source. */
  external_id: string;
  contact_id: string;
  person: string;
  /** Hash of the draft at the last run. Null: the next run must look at the person again. */
  hash: Buffer | null;
  fills_id: string | null;
  /** The digest of the person's name in the source; null if the connection maps no manager. */
  person_ref: string | null;
  linked_at: Date;
  last_seen_at: Date;
  /** Since then the person is missing from complete reads, and the link no longer feeds its contact. */
  gone_since: Date | null;
  /** Counts the requests to look at the link again. A hash that was decided before the latest request is not written back. */
  recheck: number;
  /** The person's photo may have changed, and must be looked up. */
  photo_due: boolean;
  /** When somebody decided that the contact stays although the person is gone. */
  kept_at: Date | null;
};

export const contactLinkEntity = new EntitySchema<ContactLinkRow>({
  name: 'contact_link',
  tableName: 'contact_link',
  columns: {
    workspace_id: keyPart('contact_link'),
    connection_id: keyPart('contact_link'),
    external_id: keyPart('contact_link', bytewise()),
    contact_id: { type: 'uuid' },
    person: text(),
    hash: { type: 'bytea', ...optional },
    fills_id: { type: 'uuid', ...optional },
    person_ref: { type: 'uuid', ...optional },
    linked_at: time(),
    last_seen_at: time(),
    gone_since: time(optional),
    recheck: { type: 'integer', default: 0 },
    photo_due: { type: 'boolean', default: false },
    kept_at: time(optional),
  },
  indices: [
    { name: 'contact_link_by_contact', columns: ['workspace_id', 'contact_id', 'connection_id'], unique: true },
    // A hash index: half the work of a sorted one, for keys in random order. TypeORM can't describe one.
    { name: 'contact_link_by_person', columns: ['person_ref'], synchronize: false },
    {
      name: 'contact_link_photo_due',
      columns: ['workspace_id', 'connection_id', 'external_id'],
      where: 'photo_due',
    },
  ],
});

/** Which attribute filled which field. The id is a digest; links refer to it. */
export type FillsRow = { workspace_id: string; id: string; fields: Fills };

export const fillsEntity = new EntitySchema<FillsRow>({
  name: 'fills',
  tableName: 'fills',
  columns: { workspace_id: keyPart('fills'), id: keyPart('fills'), fields: { type: 'jsonb' } },
});
