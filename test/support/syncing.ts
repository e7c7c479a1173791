import type pg from 'pg';
import type { PgBoss } from 'pg-boss';
import { uuidv7 } from 'uuidv7';
import type { Actor } from '../../src/core/access.ts';
import type { ContactValues } from '../../src/core/contact.ts';
import type { ConnectionEdit, ConnectionRecord, RunRecord } from '../../src/core/records.ts';
import type { LogLine, StartRunMode } from '../../src/core/run.ts';
import type { RunJob } from '../../src/core/run-queue.ts';
import type { ClaimedRun, RunSignals, RunStore } from '../../src/core/run-store.ts';
import type { Store } from '../../src/core/store.ts';
import { lookAgain } from '../../src/db/contact/change-contact.ts';
import { fieldColumns, fieldValues } from '../../src/db/contact/contact-columns.ts';
import { createStore } from '../../src/db/create-store.ts';
import { inTransaction } from '../../src/db/in-transaction.ts';
import { API_ROLE } from '../../src/db/pool/api-login.ts';
import { openDatabase } from '../../src/db/pool/open-database.ts';
import { createRunStore } from '../../src/db/run/create-run-store.ts';
import { openBoss, runQueueName } from '../../src/db/run/queue/open-boss.ts';
import { openRunSignals } from '../../src/db/signals/open-run-signals.ts';
import { openSyncStore } from '../../src/db/sync/open-sync-store.ts';
import { startRun } from '../../src/runner/start-run.ts';
import { work } from '../../src/runner/work.ts';
import { indexed, keysText, wordsText } from '../../src/search/contact-index.ts';
import { openReadingThreads, type ReadingThreads } from '../../src/sync/reading-threads.ts';
import { runSync } from '../../src/sync/run-sync.ts';
import type { LdapSettings } from '../../src/sync/source/ldap/ldap-settings.ts';
import { collectLog } from '../runner/support/collect-log.ts';
import { sealer } from '../runner/support/open-process.ts';
import { ldapSettings } from './ldap-reading.ts';
import { createDatabase } from './postgres.ts';
import { defaultMappings, defaultScope } from './source-defaults.ts';

export type RunOptions = { mode?: StartRunMode; dryRun?: boolean; review?: boolean; signal?: AbortSignal };
export type Directory = { url: string; baseDn?: string; bindDn?: string; bindPassword?: string; ca?: string };
/** The changes that a test makes to a connection. Members of `source` and `removal` that are left out stay. */
export type Changes = Partial<Omit<ConnectionEdit, 'source' | 'removal'>> & {
  source?: Partial<LdapSettings>;
  removal?: Partial<ConnectionEdit['removal']>;
};

export const anna: Actor = { kind: 'MEMBER', id: 'anna', name: 'Anna Berg' };

type Parts = {
  boss: PgBoss;
  pool: pg.Pool;
  signals: RunSignals;
  store: Store;
  runStore: RunStore;
  threads: ReadingThreads;
};

/**
 * The parts of the service with a new database, without API and worker. The product's own code saves connections and
 * starts, claims, carries out, approves and ends runs. The test only says when. `threads`: the reading threads.
 */
export async function openSyncing(threads: ReadingThreads = openReadingThreads()) {
  const { url, close } = await createDatabase();
  const database = await openDatabase({ url, concurrentRuns: 2 });
  const boss = await openBoss(url, () => {});
  const signals = await openRunSignals(url);
  const store = createStore({ ...database, sealer });
  const runStore = createRunStore({ pool: database.syncPool, boss, openSecret: sealer.open });
  const parts: Parts = { boss, pool: database.syncPool, signals, store, runStore, threads };
  return {
    ...parts,
    url,
    /** A workspace for one test. */
    workspace: () => openWorkspace(parts),
    close: async () => {
      await threads.close();
      await boss.stop({ graceful: false });
      await signals.close();
      await database.close();
      await close();
    },
  };
}

/** Like `openSyncing`, with one workspace, for files that need only one. */
export async function createSyncing() {
  const service = await openSyncing();
  return { ...(await service.workspace()), url: service.url, close: service.close };
}

async function openWorkspace({ boss, pool, signals, store, runStore, threads }: Parts) {
  const workspaceId = uuidv7();
  await store.admitWorkspace({ id: workspaceId, name: 'Test', timeZone: 'UTC' });
  const workspace = store.in(workspaceId);
  const syncStore = openSyncStore(pool);
  const never = new AbortController().signal;
  let connections = 0;

  const createConnection = async (server: Directory, changes: Changes = {}): Promise<string> => {
    const base: ConnectionEdit = {
      name: `Directory ${++connections}`,
      description: '',
      status: 'ENABLED',
      schedule: null,
      continuous: false,
      fullEvery: 24,
      kind: 'LDAP',
      source: ldapSettings(server),
      scope: defaultScope('LDAP'),
      mappings: defaultMappings('LDAP'),
      removal: { action: 'DEACTIVATE', graceDays: 0, maxPercent: null, maxCount: null, maxEmptiedPercent: 30 },
      photo: false,
      matchBy: 'PRIMARY_EMAIL',
      priority: 100,
    };
    const secrets = { bindPassword: server.bindPassword ?? null };
    return (await workspace.createConnection(changed(base, changes), secrets, anna)).id;
  };

  /** Edits the connection as a person does. If `bindPassword` is left out, the stored one stays. */
  const edit = async (id: string, changes: Changes, bindPassword?: string | null): Promise<ConnectionRecord> => {
    const secrets = bindPassword === undefined ? undefined : { bindPassword };
    const saved = await workspace.updateConnection(id, null, (current) => ({
      edit: changed(current, changes),
      secrets,
    }));
    return saved ?? missing('connection');
  };

  const connection = async (id: string): Promise<ConnectionRecord> =>
    (await workspace.connectionsByIds([id]))[0] ?? missing('connection');

  /** Queues a run and returns its id. */
  const start = async (
    connectionId: string,
    { mode = 'AUTO', dryRun = false, review = false }: RunOptions = {},
  ): Promise<string> => {
    const request = { mode, dryRun, review, by: anna } as const;
    const outcome = await startRun(runStore, workspaceId, connectionId, request);
    if (outcome.kind !== 'started') throw new Error(`The run does not start: ${outcome.kind}`);
    if (outcome.alreadyRunning) throw new Error('Another run of the connection has not ended.');
    return outcome.run.id;
  };

  /** The run's newest job. */
  const jobOf = async (runId: string): Promise<RunJob> => {
    const jobs = await boss.findJobs(runQueueName, { key: runId });
    const job = jobs.sort((a, b) => a.createdOn.getTime() - b.createdOn.getTime()).at(-1) ?? missing('job');
    return { id: job.id, workspaceId, runId };
  };

  /** Claims the run, as a worker does. */
  const claim = async (runId: string): Promise<ClaimedRun> =>
    (await runStore.claim(await jobOf(runId))) ?? missing('run to be claimed');

  const addresses = { allowPrivate: true, cidrs: [] };

  /**
   * Works on the run like a worker of the service, until its end. If `signal` aborts, the run is handed back as it is,
   * and the next call continues it.
   */
  const carryOut = async (runId: string, signal: AbortSignal = never): Promise<RunRecord> => {
    const log = collectLog();
    const job = await jobOf(runId);
    await work(
      {
        store: runStore,
        signals,
        log,
        runSync: (one, stop) => runSync({ store: syncStore, threads, addresses }, one, stop),
      },
      job,
      { expired: never, giveWay: never, handBack: signal },
    );
    if (!signal.aborted) await boss.deleteJob(runQueueName, job.id);
    const [fault] = log.errors;
    if (fault !== undefined) throw fault.err;
    return run(runId);
  };

  const run = async (runId: string): Promise<RunRecord> =>
    (await runStore.findRun(workspaceId, runId)) ?? missing('run');

  /** Carries out one run until it ends, in any way. */
  const sync = async (connectionId: string, options: RunOptions = {}): Promise<RunRecord> =>
    carryOut(await start(connectionId, options), options.signal);

  /** Approves a HELD run and applies its plan. */
  const approve = async (runId: string): Promise<RunRecord> => {
    const { kind } = await runStore.approve(workspaceId, runId, anna);
    if (kind !== 'done') throw new Error(`The run is not approved: ${kind}`);
    return carryOut(runId);
  };

  /** Queues a run that reverts another run, and returns its id. */
  const startRevert = async (runId: string): Promise<string> => {
    const outcome = await runStore.startRevert(workspaceId, runId, anna);
    if (outcome.kind !== 'started') throw new Error(`The revert does not start: ${outcome.kind}`);
    return outcome.run.id;
  };

  /** Reverts a run. If the revert needs approval, it is approved. */
  const revert = async (runId: string): Promise<RunRecord> => {
    const reverted = await carryOut(await startRevert(runId));
    return reverted.status === 'HELD' ? approve(reverted.id) : reverted;
  };

  const reject = async (runId: string): Promise<void> => {
    const { kind } = await runStore.reject(workspaceId, runId, anna);
    if (kind !== 'done') throw new Error(`The run is not rejected: ${kind}`);
  };

  const log = async (runId: string): Promise<LogLine[]> => {
    const lines: LogLine[] = [];
    for (let after = 0; ; ) {
      const query = { after, minLevel: 'DEBUG', search: null, first: 1000 } as const;
      const slice = await runStore.runLog(workspaceId, runId, query);
      lines.push(...slice.lines);
      after = slice.lastSeq;
      if (!slice.hasMore) return lines;
    }
  };

  /** Adds a contact by hand. */
  const addContact = async (values: ContactValues): Promise<string> => {
    const id = uuidv7();
    const { emailKey, nameKey, companyKey, words, search } = indexed(values, workspaceId);
    const entered = fieldValues('entered.v').map(({ value }) => value);
    await pool.query(
      `INSERT INTO contact (workspace_id, id, status, ${fieldColumns}, created_at, updated_at, email_key, name_key, company_key, words, search)
       SELECT $1, $2, 'ACTIVE', ${entered.join(', ')}, now(), now(), $4, $5, $6, $7, $8
       FROM (SELECT jsonb_populate_record(NULL::contact_values, $3) AS v) AS entered`,
      [workspaceId, id, JSON.stringify(values), emailKey, nameKey, companyKey, wordsText(words), keysText(search)],
    );
    return id;
  };

  /** Edits a contact by hand. Its links are checked again in the next run. */
  const editContact = (id: string, set: string): Promise<void> =>
    inTransaction(pool, async (client) => {
      await client.query(
        `UPDATE contact SET ${set}, version = version + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2`,
        [workspaceId, id],
      );
      await client.query(`UPDATE contact_link AS link SET ${lookAgain} WHERE workspace_id = $1 AND contact_id = $2`, [
        workspaceId,
        id,
      ]);
    });

  /** Runs SQL on the tables. Row-level security hides the rows of other workspaces. */
  const rows = <Row extends pg.QueryResultRow = Record<string, unknown>>(
    sql: string,
    params: unknown[] = [],
  ): Promise<Row[]> =>
    inTransaction(pool, async (client) => {
      await client.query(`SET LOCAL ROLE ${API_ROLE}; SELECT set_config('app.workspace_id', '${workspaceId}', true)`);
      return (await client.query<Row>(sql, params)).rows;
    });
  const contacts = () => rows('SELECT * FROM contact ORDER BY display_name, id');

  return {
    pool,
    signals,
    store: syncStore,
    runStore,
    workspace,
    workspaceId,
    createConnection,
    connection,
    edit,
    start,
    claim,
    carryOut,
    run,
    sync,
    approve,
    startRevert,
    revert,
    reject,
    log,
    addContact,
    editContact,
    rows,
    contacts,
  };
}

export type SyncService = Awaited<ReturnType<typeof openSyncing>>;
/** One workspace in which runs are carried out. */
export type Syncing = Awaited<ReturnType<typeof openWorkspace>>;
export type LoneSyncing = Awaited<ReturnType<typeof createSyncing>>;

function changed(edit: ConnectionEdit, { source, removal, ...changes }: Changes): ConnectionEdit {
  return {
    ...edit,
    ...changes,
    source: { ...edit.source, ...source },
    removal: { ...edit.removal, ...removal },
  };
}

function missing(what: string): never {
  throw new Error(`There is no such ${what}.`);
}
