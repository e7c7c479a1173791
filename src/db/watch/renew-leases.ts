import type { Pool } from 'pg';
import type { WatchNews } from '../../core/watch-store.ts';

/** Short, so that another process takes over within seconds. A process renews several times within it. */
export const leaseMs = 7000;

/** The most watches of one workspace, in all processes together. */
export const mostOfWorkspace = 20;

/** SQL: the connections to be watched, numbered within their workspace: the oldest is 1. */
export const wantedConnections = `
  SELECT connection.workspace_id, connection.id AS connection_id, connection.version,
    row_number() OVER (PARTITION BY connection.workspace_id ORDER BY connection.created_at, connection.id) AS nth
  FROM connection JOIN workspace ON workspace.id = connection.workspace_id
  WHERE connection.continuous AND connection.status = 'ENABLED' AND workspace.contact_sync_enabled`;

/** See WatchStore.renew. */
export async function renewLeases(
  pool: Pool,
  holder: string,
  held: readonly WatchNews[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ connection_id: string }>(
    `WITH wanted AS (${wantedConnections})
     UPDATE connection_watch AS watch
     SET expires_at = clock_timestamp() + make_interval(secs => $2),
       last_change_at = greatest(watch.last_change_at, held.changed_at),
       watching_since = coalesce(watch.watching_since, held.listening_since),
       error = CASE WHEN held.listening_since IS NULL THEN watch.error END
     FROM unnest($3::uuid[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
       AS held (connection_id, fence, changed_at, listening_since)
     JOIN wanted ON wanted.connection_id = held.connection_id
     WHERE watch.workspace_id = wanted.workspace_id AND watch.connection_id = held.connection_id AND watch.holder = $1
       AND watch.fence = held.fence AND watch.version = wanted.version AND wanted.nth <= $7
     RETURNING watch.connection_id`,
    [
      holder,
      leaseMs / 1000,
      held.map(({ lease }) => lease.connectionId),
      held.map(({ lease }) => lease.fence),
      held.map(({ changedAt }) => changedAt),
      held.map(({ listeningSince }) => listeningSince),
      mostOfWorkspace,
    ],
  );
  return new Set(rows.map(({ connection_id }) => connection_id));
}
