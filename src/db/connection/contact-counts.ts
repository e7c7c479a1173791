import { isUuid } from '../../core/uuid.ts';
import type { Query } from '../query.ts';

/** Active contacts that each connection feeds; a connection without any is absent. */
export async function contactCounts(
  query: Query,
  workspaceId: string,
  connectionIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await query<{ connection_id: string; count: number }>(
    `SELECT contact_link.connection_id, count(*)::int AS count
     FROM contact_link
     JOIN contact ON contact.workspace_id = contact_link.workspace_id AND contact.id = contact_link.contact_id
     WHERE contact_link.workspace_id = $1 AND contact_link.connection_id = ANY($2::uuid[])
       AND contact_link.gone_since IS NULL AND contact.status = 'ACTIVE'
     GROUP BY contact_link.connection_id`,
    [workspaceId, connectionIds.filter(isUuid)],
  );
  return new Map(rows.map((row) => [row.connection_id, row.count]));
}
