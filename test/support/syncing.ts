import pg from 'pg';
import type { ConnectionSettings } from '../../src/core/connection.ts';
import type { ContactValues } from '../../src/core/contact.ts';
import { type LogLine, noCounts } from '../../src/core/run.ts';
import type { ClaimedRun } from '../../src/core/run-store.ts';
import { indexed, keysText, wordsText } from '../../src/core/search-index.ts';
import { uuidV7 } from '../../src/core/uuid.ts';
import { poolQuery } from '../../src/db/pool-query.ts';
import { readLog } from '../../src/db/run-log/read-log.ts';
import { findRuns } from '../../src/db/runs/find-runs.ts';
import { fieldColumns, fieldsOf } from '../../src/db/sync/contact-columns.ts';
import { openSyncStore } from '../../src/db/sync/open-sync-store.ts';
import { defaultMappings } from '../../src/sync/map/default-mappings.ts';
import { openReadingThreads } from '../../src/sync/reading-threads.ts';
import { runSync } from '../../src/sync/run-sync.ts';
import { defaultScope } from '../../src/sync/scope/default-scope.ts';
import { ldapSettings } from './ldap-reading.ts';
import { createDatabase } from './postgres.ts';

export type RunOptions = { dryRun?: boolean; review?: boolean; signal?: AbortSignal };

const actor = JSON.stringify({ kind: 'SERVICE', id: null, name: 'Test' });

/** A database with one workspace, in which runs are carried out without queue and API. */
export async function createSyncing() {
  const database = await createDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 12 });
  // Dropping the database ends what is idle.
  pool.on('error', () => {});
  const store = openSyncStore(pool);
  const threads = openReadingThreads();
  const workspaceId = uuidV7();
  await pool.query(`INSERT INTO workspace (id, name, time_zone) VALUES ($1, 'Test', 'UTC')`, [workspaceId]);
  const secrets = new Map<string, string>();

  const createConnection = async (
    server: { url: string; baseDn?: string; bindDn?: string; bindPassword?: string },
    changes: Partial<ConnectionSettings> = {},
  ): Promise<string> => {
    const id = uuidV7();
    const settings: ConnectionSettings = {
      kind: 'LDAP',
      source: ldapSettings(server),
      scope: defaultScope('LDAP'),
      mappings: defaultMappings('LDAP'),
      removal: { action: 'DEACTIVATE', graceDays: 0, maxPercent: null, maxCount: null },
      matchBy: 'PRIMARY_EMAIL',
      priority: 100,
      ...changes,
    };
    secrets.set(id, server.bindPassword ?? '');
    await pool.query(
      `INSERT INTO connection (workspace_id, id, name, status, kind, source, scope, mappings, removal, match_by, priority, name_key, created_by)
       VALUES ($1, $2::uuid, 'Directory ' || right($2::uuid::text, 4), 'ENABLED', $3, $4, $5, $6, $7, $8, $9, '', $10)`,
      [
        workspaceId,
        id,
        settings.kind,
        JSON.stringify(settings.source),
        JSON.stringify(settings.scope),
        JSON.stringify(settings.mappings),
        JSON.stringify(settings.removal),
        settings.matchBy,
        settings.priority,
        actor,
      ],
    );
    return id;
  };

  /** Changes what the next run uses. */
  const edit = async (connectionId: string, changes: Partial<Record<'scope' | 'mappings' | 'removal', unknown>>) => {
    for (const [column, value] of Object.entries(changes))
      await pool.query(
        `UPDATE connection SET "${column}" = $3, version = version + 1 WHERE workspace_id = $1 AND id = $2`,
        [workspaceId, connectionId, JSON.stringify(value)],
      );
  };

  const claim = async (runId: string, planStands: boolean): Promise<ClaimedRun> => {
    const { rows } = await pool.query(
      `UPDATE run SET status = 'RUNNING', attempt = attempt + 1 WHERE workspace_id = $1 AND id = $2 RETURNING attempt, settings`,
      [workspaceId, runId],
    );
    const [run] = await findRuns(pool, workspaceId, [runId]);
    if (run?.connectionId == null) throw new Error('no such run');
    const bindPassword = secrets.get(run.connectionId) ?? null;
    return { run, attempt: rows[0].attempt, settings: rows[0].settings, secrets: { bindPassword }, planStands };
  };

  const insertRun = async (connectionId: string, { dryRun = false, review = false }: RunOptions): Promise<string> => {
    const id = uuidV7();
    await pool.query(
      `INSERT INTO run (workspace_id, id, connection_id, connection_name, connection_version, settings, dry_run, review,
         trigger, started_by, status, phase, counts, started_at)
       SELECT workspace_id, $3, id, name, version, jsonb_build_object('kind', kind, 'source', source, 'scope', scope,
         'mappings', mappings, 'removal', removal, 'matchBy', match_by, 'priority', priority), $4, $5, 'MANUAL', $6, 'QUEUED', 'WAITING', $7, now()
       FROM connection WHERE workspace_id = $1 AND id = $2`,
      [workspaceId, connectionId, id, dryRun, review, actor, JSON.stringify(noCounts)],
    );
    return id;
  };

  const carryOut = async (runId: string, planStands: boolean, signal = new AbortController().signal) => {
    const claimed = await claim(runId, planStands);
    await runSync({ store, threads, addresses: { allowPrivate: true, cidrs: [] } }, claimed, signal);
    return run(runId);
  };

  const run = async (runId: string) => {
    const [found] = await findRuns(pool, workspaceId, [runId]);
    if (found === undefined) throw new Error('no such run');
    return found;
  };

  /** One whole run; what breaks it is thrown. */
  const sync = async (connectionId: string, options: RunOptions = {}) =>
    carryOut(await insertRun(connectionId, options), false, options.signal);

  /** A broken run leaves the row as it was; this makes place for the next. */
  const endBroken = () =>
    pool.query(`UPDATE run SET status = 'FAILED' WHERE workspace_id = $1 AND status IN ('QUEUED', 'RUNNING', 'HELD')`, [
      workspaceId,
    ]);

  /** Applies a HELD run's plan. */
  const approve = (runId: string) => carryOut(runId, true);

  const log = async (runId: string): Promise<LogLine[]> => {
    const lines: LogLine[] = [];
    for (let after = 0; ; ) {
      const slice = await readLog(poolQuery(pool), workspaceId, runId, {
        after,
        minLevel: 'DEBUG',
        search: null,
        first: 1000,
      });
      lines.push(...slice.lines);
      after = slice.lastSeq;
      if (!slice.hasMore) return lines;
    }
  };

  /** A contact entered by hand. */
  const addContact = async (values: ContactValues): Promise<string> => {
    const id = uuidV7();
    const { emailKey, nameKey, companyKey, words, search } = indexed(values, workspaceId);
    await pool.query(
      `INSERT INTO contact (workspace_id, id, status, ${fieldColumns}, created_at, updated_at, email_key, name_key, company_key, words, search)
       SELECT $1, $2, 'ACTIVE', ${fieldsOf('entered.v')}, now(), now(), $4, $5, $6, $7, $8
       FROM (SELECT jsonb_populate_record(NULL::contact_values, $3) AS v) AS entered`,
      [workspaceId, id, JSON.stringify(values), emailKey, nameKey, companyKey, wordsText(words), keysText(search)],
    );
    return id;
  };

  /** A contact edited by hand: its links are to be looked at again. */
  const editContact = async (id: string, set: string): Promise<void> => {
    await pool.query(
      `UPDATE contact SET ${set}, version = version + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2`,
      [workspaceId, id],
    );
    await pool.query(`UPDATE contact_link SET hash = NULL WHERE workspace_id = $1 AND contact_id = $2`, [
      workspaceId,
      id,
    ]);
  };

  const rows = async <Row extends pg.QueryResultRow = Record<string, unknown>>(
    sql: string,
    params: unknown[] = [],
  ): Promise<Row[]> => (await pool.query<Row>(sql, params)).rows;
  const contacts = () => rows(`SELECT * FROM contact WHERE workspace_id = $1 ORDER BY display_name, id`, [workspaceId]);

  return {
    url: database.url,
    pool,
    store,
    workspaceId,
    createConnection,
    edit,
    insertRun,
    claim,
    carryOut,
    run,
    sync,
    approve,
    endBroken,
    log,
    addContact,
    editContact,
    rows,
    contacts,
    close: async () => {
      await threads.close();
      await pool.end();
      await database.close();
    },
  };
}

export type Syncing = Awaited<ReturnType<typeof createSyncing>>;
