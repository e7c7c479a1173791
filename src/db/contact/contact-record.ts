import { ContactField, type ContactValues } from '../../core/contact.ts';
import type { ContactRecord } from '../../core/records.ts';
import type { ContactRow } from '../entities/contact.entity.ts';
import { columnOf, fieldColumns } from './contact-columns.ts';

/** A row of `contact` without what it is found by. */
export type ContactSelection = Omit<ContactRow, 'words' | 'search' | 'email_key' | 'changed_xid'>;

/** Of a table or view named contact. */
export const contactSelection = `contact.id, contact.status, contact.version, contact.locked_fields, contact.removal_due_at,
  contact.created_at, contact.updated_at, contact.name_key, contact.company_key, ${fieldColumns.replaceAll('"', '')}`;

const fields = Object.values(ContactField).map((field) => ({ field, column: columnOf(field) }));

export function toContact(row: ContactSelection): ContactRecord {
  const columns: Record<string, unknown> = row;
  return {
    id: row.id,
    status: row.status,
    values: valuesOf(columns),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    removalDueAt: row.removal_due_at,
    lockedFields: row.locked_fields,
  };
}

/** What is null, off or an empty list says nothing. */
function valuesOf(columns: Record<string, unknown>): ContactValues {
  const values: Record<string, unknown> = {};
  for (const { field, column } of fields) {
    const value = columns[column];
    if (value !== null && value !== false && !(Array.isArray(value) && value.length === 0)) values[field] = value;
  }
  return values as ContactValues;
}
