import { ContactField } from '../../core/contact.ts';
import type { ContactPart, ContactRecord, ContactSourceRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { ContactRow } from '../entities/contact.entity.ts';
import type { Query } from '../query.ts';
import { columnOf, valuesOfRow } from './contact-columns.ts';

/** The requested parts of a row of `contact`. */
export type ContactSelection = Pick<ContactRow, 'id'> & Partial<ContactRow>;

export const allParts: readonly ContactPart[] = [
  ...Object.values(ContactField),
  'STATUS',
  'CREATED_AT',
  'UPDATED_AT',
  'REMOVAL_DUE_AT',
  'LOCKED_FIELDS',
  'VERSION',
];

/** Remembered, because a document requests the same list of parts each time. */
const selections = new WeakMap<readonly ContactPart[], string>();

/** SQL: the columns of these parts, of a table or view named contact. */
export function contactSelection(parts: readonly ContactPart[]): string {
  let columns = selections.get(parts);
  if (columns === undefined) {
    columns = ['id', ...parts.map(columnOf)].map((column) => `contact.${column}`).join(', ');
    selections.set(parts, columns);
  }
  return columns;
}

export function toContact(row: ContactSelection): ContactRecord {
  return {
    id: row.id,
    values: valuesOfRow(row),
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    removalDueAt: row.removal_due_at,
    lockedFields: row.locked_fields,
    version: row.version,
  };
}

/** The contacts with these ids, in no particular order. Ids that do not exist are skipped. */
export async function contactsByIds(
  query: Query,
  workspaceId: string,
  ids: readonly string[],
  parts: readonly ContactPart[] = allParts,
): Promise<ContactRecord[]> {
  const wanted = ids.filter(isUuid);
  const [only] = wanted;
  if (only === undefined) return [];
  const select = `SELECT ${contactSelection(parts)} FROM contact WHERE contact.workspace_id = $1 AND contact.id`;
  // A single id has a separate statement: Postgres plans a statement with a list of unknown length each time.
  const rows =
    wanted.length === 1
      ? await query<ContactSelection>(`${select} = $2`, [workspaceId, only], 'kept')
      : await query<ContactSelection>(`${select} = ANY($2::uuid[])`, [workspaceId, wanted], 'kept');
  return rows.map(toContact);
}

type SourceRow = {
  contact_id: string;
  connection_id: string;
  connection_name: string;
  external_id: string;
  last_seen_at: Date;
};

/** The connections that feed these contacts. Those of one contact are in order of precedence: the first one wins a field. */
export async function sourcesOf(
  query: Query,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ContactSourceRecord[]> {
  const rows = await query<SourceRow>(
    `SELECT contact_link.contact_id, contact_link.connection_id, connection.name AS connection_name,
       contact_link.external_id, greatest(contact_link.last_seen_at, connection.last_complete_read_at) AS last_seen_at
     FROM contact_link
     JOIN connection ON connection.workspace_id = contact_link.workspace_id AND connection.id = contact_link.connection_id
     WHERE contact_link.workspace_id = $1 AND contact_link.contact_id = ANY($2::uuid[]) AND contact_link.gone_since IS NULL
     ORDER BY connection.priority, connection.created_at, connection.id`,
    [workspaceId, contactIds.filter(isUuid)],
  );
  return rows.map((row) => ({
    contactId: row.contact_id,
    connectionId: row.connection_id,
    connectionName: row.connection_name,
    externalId: row.external_id,
    lastSeenAt: row.last_seen_at,
  }));
}
