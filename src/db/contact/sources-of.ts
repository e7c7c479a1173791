import type { ContactSourceRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Query } from '../query.ts';

type SourceRow = {
  contact_id: string;
  connection_id: string;
  connection_name: string;
  external_id: string;
  last_seen_at: Date;
};

/** The connections that feed these contacts, for each in the order in which they win a field. */
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
