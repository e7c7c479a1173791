import type { Pool } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { Scope } from '../../core/connection.ts';
import type { RunError } from '../../core/run.ts';
import { sourceKindOf } from '../../core/source-kind.ts';
import type { WatchTask } from '../../core/watch-store.ts';
import { type OpenSecret, openSecrets, type SealedRow, sealedSecrets } from '../secrets/connection-secrets.ts';
import { leaseMs, mostOfWorkspace, wantedConnections } from './renew-leases.ts';

/** How many leases are taken in one look, so that several processes share them. */
const mostAtOnce = 20;

/** SQL: whether nobody has the lease of this row of connection_watch, and it is time to try again. */
function isFree(watch: string, version: string): string {
  return `(${watch}.holder IS NULL OR ${watch}.expires_at <= clock_timestamp())
   AND (${watch}.retry_at IS NULL OR ${watch}.retry_at <= clock_timestamp() OR ${watch}.version <> ${version})`;
}

/** SQL: the connections that nobody watches. `noted`: whether WATCH_LIMIT is their error already. */
const unwatched = `
  SELECT wanted.*, coalesce(watch.version = wanted.version AND watch.error->>'code' = 'WATCH_LIMIT', false) AS noted
  FROM (${wantedConnections}) AS wanted
  LEFT JOIN connection_watch AS watch USING (workspace_id, connection_id)
  WHERE watch.connection_id IS NULL OR ${isFree('watch', 'wanted.version')}`;

/** See WatchStore.claim. */
export async function claimWatches(
  pool: Pool,
  open: OpenSecret,
  holder: string,
  room: number,
): Promise<{ tasks: WatchTask[]; leftOut: number }> {
  const leftOut = await noteTooMany(pool, room);
  return { tasks: room <= 0 ? [] : await takeTasks(pool, open, holder, room), leftOut };
}

async function takeTasks(pool: Pool, open: OpenSecret, holder: string, room: number): Promise<WatchTask[]> {
  const { rows } = await pool.query<{ connection_id: string }>(
    `INSERT INTO connection_watch AS watch (workspace_id, connection_id, version, holder, fence, expires_at)
     SELECT unwatched.workspace_id, unwatched.connection_id, unwatched.version, $1, 1, clock_timestamp() + make_interval(secs => $2)
     FROM (${unwatched}) AS unwatched WHERE unwatched.nth <= $3 ORDER BY unwatched.nth, unwatched.connection_id LIMIT $4
     ON CONFLICT (workspace_id, connection_id) DO UPDATE
     SET holder = excluded.holder, fence = watch.fence + 1, expires_at = excluded.expires_at, watching_since = NULL,
       error = CASE WHEN watch.version = excluded.version THEN watch.error END,
       failures = CASE WHEN watch.version = excluded.version THEN watch.failures ELSE 0 END,
       retry_at = NULL, version = excluded.version
     WHERE ${isFree('watch', 'excluded.version')}
     RETURNING watch.connection_id`,
    [holder, leaseMs / 1000, mostOfWorkspace, Math.min(room, mostAtOnce)],
  );
  if (rows.length === 0) return [];
  const tasks: WatchTask[] = [];
  for (const row of await readTasks(
    pool,
    holder,
    rows.map(({ connection_id }) => connection_id),
  )) {
    const task = orFault(() => toTask(open, row));
    if ('lease' in task) tasks.push(task);
    else await noteFault(pool, holder, row, task);
  }
  return tasks;
}

type TaskRow = {
  workspace_id: string;
  connection_id: string;
  fence: string;
  failures: number;
  kind: string;
  source: object;
  scope: Scope;
  secrets: SealedRow[];
};

/**
 * Settings and secrets are read by one statement, so they are from one version. If it is not the lease's any more, the connection is
 * left out: its lease is not renewed, and it is taken again.
 */
async function readTasks(pool: Pool, holder: string, connectionIds: readonly string[]): Promise<TaskRow[]> {
  const { rows } = await pool.query<TaskRow>(
    `SELECT watch.workspace_id, watch.connection_id, watch.fence, watch.failures, connection.kind, connection.source,
       connection.scope, ${sealedSecrets} AS secrets
     FROM connection_watch AS watch
     JOIN connection ON connection.workspace_id = watch.workspace_id AND connection.id = watch.connection_id
       AND connection.version = watch.version
     WHERE watch.holder = $1 AND watch.connection_id = ANY ($2::uuid[])`,
    [holder, connectionIds],
  );
  return rows;
}

function toTask(open: OpenSecret, row: TaskRow): WatchTask {
  const { workspace_id: workspaceId, connection_id: connectionId, fence, failures, scope } = row;
  return {
    lease: { workspaceId, connectionId, fence },
    kind: sourceKindOf(row.kind),
    source: { ...row.source },
    scope,
    secrets: openSecrets(open, workspaceId, connectionId, row.secrets),
    failures,
  };
}

function orFault(make: () => WatchTask): WatchTask | RunError {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    return { code, message, hint };
  }
}

/** The pause after a secret that can't be opened. That changes only by an edit, or with new keys of the service. */
const faultSeconds = 60;

async function noteFault(pool: Pool, holder: string, row: TaskRow, error: RunError): Promise<void> {
  await pool.query(
    `UPDATE connection_watch SET holder = NULL, expires_at = NULL, error = $5,
       retry_at = clock_timestamp() + make_interval(secs => $6)
     WHERE workspace_id = $1 AND connection_id = $2 AND holder = $3 AND fence = $4`,
    [row.workspace_id, row.connection_id, holder, row.fence, error, faultSeconds],
  );
}

/** Notes on connections that nobody watches them, because there are too many. Returns how many are new among them. */
async function noteTooMany(pool: Pool, room: number): Promise<number> {
  const error: RunError = {
    code: 'WATCH_LIMIT',
    message:
      room <= 0
        ? 'The workers of the service watch as many connections as they can.'
        : `At most ${mostOfWorkspace} connections of a workspace are watched.`,
    hint:
      room <= 0
        ? 'Let more workers run. Until then, give the connection a schedule.'
        : 'Turn continuous off where a schedule is enough.',
  };
  const { rowCount } = await pool.query(
    `INSERT INTO connection_watch AS watch (workspace_id, connection_id, version, error)
     SELECT unwatched.workspace_id, unwatched.connection_id, unwatched.version, $1
     FROM (${unwatched}) AS unwatched WHERE unwatched.nth > $2 AND NOT unwatched.noted
     ON CONFLICT (workspace_id, connection_id) DO UPDATE
     SET version = excluded.version, error = excluded.error, failures = 0, retry_at = NULL
     WHERE ${isFree('watch', 'excluded.version')}`,
    [error, room <= 0 ? 0 : mostOfWorkspace],
  );
  return rowCount ?? 0;
}
