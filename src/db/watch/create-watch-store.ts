import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { WatchLease, WatchStore } from '../../core/watch-store.ts';
import { inTransaction } from '../in-transaction.ts';
import { startRun } from '../run/life/start-run.ts';
import { appendLines } from '../run/log/append-lines.ts';
import type { OpenSecret } from '../secrets/connection-secrets.ts';
import { claimWatches } from './claim-watches.ts';
import { leaseMs, renewLeases } from './renew-leases.ts';

/** The actor that starts runs because of a change. */
const watch = { kind: 'SERVICE', id: null, name: 'Watch' } as const;

/** `pool` has the rights of the tables' owner. `boss` has been started. */
export type WatchStoreParts = { pool: Pool; boss: PgBoss; openSecret: OpenSecret };

/** The store of one process's watches, in Postgres. */
export function createWatchStore({ pool, boss, openSecret }: WatchStoreParts): WatchStore {
  const holder = randomUUID();
  /** SQL: whether a row of connection_watch is the lease of $1 to $4. */
  const isLease = 'workspace_id = $1 AND connection_id = $2 AND holder = $3 AND fence = $4';
  const keyOf = ({ workspaceId, connectionId, fence }: WatchLease) => [workspaceId, connectionId, holder, fence];
  return {
    leaseMs,
    renew: (held) => renewLeases(pool, holder, held),
    claim: (room) => claimWatches(pool, openSecret, holder, room),
    listening: async (lease) => {
      await pool.query(
        `UPDATE connection_watch SET watching_since = clock_timestamp(), error = NULL WHERE ${isLease}`,
        keyOf(lease),
      );
    },
    broken: async (lease, { error, failures, retryAfterMs }) => {
      await pool.query(
        `UPDATE connection_watch SET holder = NULL, expires_at = NULL, watching_since = NULL, error = $5, failures = $6,
           retry_at = clock_timestamp() + make_interval(secs => $7) WHERE ${isLease}`,
        [...keyOf(lease), error, failures, retryAfterMs / 1000],
      );
    },
    release: async (leases) => {
      await pool.query(
        `UPDATE connection_watch SET holder = NULL, expires_at = NULL, watching_since = NULL
         FROM unnest($2::uuid[], $3::bigint[]) AS lease (connection_id, fence)
         WHERE holder = $1 AND connection_watch.connection_id = lease.connection_id AND connection_watch.fence = lease.fence`,
        [holder, leases.map(({ connectionId }) => connectionId), leases.map(({ fence }) => fence)],
      );
    },
    startRun: (lease, why) =>
      inTransaction(pool, async (client) => {
        const { rowCount } = await client.query(
          `SELECT FROM connection_watch WHERE ${isLease} AND expires_at > clock_timestamp()`,
          keyOf(lease),
        );
        if (rowCount === 0) return { kind: 'lost' };
        const { workspaceId, connectionId } = lease;
        const outcome = await startRun(boss, client, {
          workspaceId,
          connectionId,
          mode: 'AUTO',
          trigger: 'WATCH',
          startedBy: watch,
          dryRun: false,
          review: false,
        });
        if (outcome.kind === 'started')
          await appendLines(client, workspaceId, outcome.run.id, [
            { level: 'INFO', code: 'WATCH_STARTED', message: why },
          ]);
        return outcome;
      }),
    leftContactsAlone: async ({ workspaceId }, runId) => {
      const { rows } = await pool.query<{ left: boolean }>(
        `SELECT EXISTS (
           SELECT FROM contact_change WHERE workspace_id = $1 AND change_set = $2 AND code = 'CHANGED_SINCE_PLAN') AS left`,
        [workspaceId, runId],
      );
      return rows[0]?.left ?? false;
    },
  };
}
