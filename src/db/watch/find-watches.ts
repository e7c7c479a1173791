import type { WatchRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { ConnectionWatchRow } from '../entities/watch.entity.ts';
import type { Query } from '../query.ts';

type Row = Pick<ConnectionWatchRow, 'connection_id' | 'last_change_at' | 'error'> & { since: Date | null };

/**
 * The state of the watches of these connections. The state of an earlier version of a connection is not shown, because
 * an edit starts a new watch. An expired lease means that nobody watches, even if its holder could not report it.
 */
export async function watchesOf(
  query: Query,
  workspaceId: string,
  connectionIds: readonly string[],
): Promise<WatchRecord[]> {
  const rows = await query<Row>(
    `SELECT watch.connection_id, watch.last_change_at,
       CASE WHEN watch.version = connection.version THEN watch.error END AS error,
       CASE WHEN watch.version = connection.version AND watch.expires_at > clock_timestamp() THEN watch.watching_since END AS since
     FROM connection_watch AS watch
     JOIN connection ON connection.workspace_id = watch.workspace_id AND connection.id = watch.connection_id
     WHERE watch.workspace_id = $1 AND watch.connection_id = ANY($2::uuid[])`,
    [workspaceId, connectionIds.filter(isUuid)],
  );
  return rows.map(({ connection_id: connectionId, since, last_change_at: lastChangeAt, error }) => ({
    connectionId,
    since,
    lastChangeAt,
    error,
  }));
}
