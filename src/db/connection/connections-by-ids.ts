import type { ConnectionRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Query } from '../query.ts';
import { type ConnectionSelection, selectConnections, toConnection } from './connection-record.ts';

/** Those there are, in no particular order. */
export async function connectionsByIds(
  query: Query,
  workspaceId: string,
  ids: readonly string[],
): Promise<ConnectionRecord[]> {
  const rows = await query<ConnectionSelection>(
    `${selectConnections} WHERE connection.workspace_id = $1 AND connection.id = ANY($2::uuid[])`,
    [workspaceId, ids.filter(isUuid)],
  );
  return rows.map(toConnection);
}
