import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { RunRecord } from '../../src/core/records.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/start-embedded-postgres.ts';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { openSyncPool } from '../../src/db/pool/sync-pool.ts';
import { createRunQueue } from '../../src/db/run/queue/create-run-queue.ts';
import { type Attempt, transaction } from '../../src/db/sync/attempt.ts';
import { openSyncStore } from '../../src/db/sync/open-sync-store.ts';
import { createPatience } from '../../src/db/sync/patience.ts';
import { waitOut } from '../../src/db/try-again.ts';
import { startWorker, type Worker } from '../../src/runner/start-worker.ts';
import { openReadingThreads } from '../../src/sync/reading-threads.ts';
import { runSync } from '../../src/sync/run-sync.ts';
import { people } from '../support/ldap-people.ts';
import { ldapSettings } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { defaultMappings, defaultScope } from '../support/source-defaults.ts';
import { collectLog } from './support/collect-log.ts';
import { openProcess, type RunsProcess } from './support/open-process.ts';
import { anna } from './support/runs-database.ts';

const everybody = 12_000;
const removal = {
  action: 'DEACTIVATE',
  graceDays: 0,
  maxPercent: null,
  maxCount: null,
  maxEmptiedPercent: 30,
} as const;

let folder: string;
/** A separate server, which this test crashes. */
let server: EmbeddedPostgres;
let slapd: Slapd;
let service: RunsProcess;
let worker: Worker;
const log = collectLog();
const threads = openReadingThreads();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contact-sync-crash-'));
  await chmod(folder, 0o755);
  [server, slapd] = await Promise.all([
    startEmbeddedPostgres({ dataDir: folder, settings: { fsync: 'off', full_page_writes: 'off' } }),
    startSlapd({ entries: people(everybody), access: ['to * by * read'], config: ['sizelimit unlimited'] }),
  ]);
  await migrate(server.url);
  service = await openProcess(server.url);
  const parts = { store: openSyncStore(service.pool), threads, addresses: { allowPrivate: true, cidrs: [] } };
  worker = await startWorker({
    store: service.store,
    signals: service.signals,
    queue: createRunQueue(service.boss, service.signals, (err) => log.warn({ err }, 'job')),
    runSync: (claimed, signal) => runSync(parts, claimed, signal),
    concurrency: 1,
    log,
  });
});
afterAll(async () => {
  await worker?.close();
  await threads.close();
  await service?.close();
  await Promise.all([server?.close(), slapd?.close()]);
  await rm(folder, { recursive: true, force: true });
});

/** Sends a query until the database answers. */
async function ask<Row>(sql: string, params: unknown[] = []): Promise<Row[]> {
  for (;;) {
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(sql, params)).rows as Row[];
    } catch {
      // The database is still recovering.
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** Kills one server process. Postgres then ends all others, and recovers from its log. */
async function crash(): Promise<void> {
  for (;;) {
    const [victim] = await ask<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'contact-sync%' AND pid <> pg_backend_pid() LIMIT 1`,
    );
    try {
      if (victim !== undefined) process.kill(victim.pid, 'SIGKILL');
      return;
    } catch {
      // The process has ended by itself in the meantime.
    }
  }
}

/** Ends all connections of the service. The server loses no data. */
function cut() {
  return ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'contact-sync%'`);
}

async function start(review = false) {
  const [workspaceId, connectionId] = [uuidv7(), uuidv7()];
  await ask(`INSERT INTO workspace (id, name, time_zone) VALUES ($1, 'Example', 'UTC')`, [workspaceId]);
  await ask(
    `INSERT INTO connection (workspace_id, id, name, status, kind, source, scope, mappings, removal, match_by, priority, name_key, created_by)
     VALUES ($1, $2, 'Staff', 'ENABLED', 'LDAP', $3, $4, $5, $6, 'PRIMARY_EMAIL', 100, 'staff', $7)`,
    [
      workspaceId,
      connectionId,
      JSON.stringify(ldapSettings({ url: slapd.url })),
      JSON.stringify(defaultScope('LDAP')),
      JSON.stringify(defaultMappings('LDAP')),
      JSON.stringify(removal),
      anna,
    ],
  );
  const wish = { mode: 'AUTO', trigger: 'MANUAL', startedBy: anna, dryRun: false, review } as const;
  for (;;) {
    const outcome = await service.store.startRun({ ...wish, workspaceId, connectionId }).catch(() => null);
    if (outcome !== null && 'run' in outcome) return { workspaceId, runId: outcome.run.id };
  }
}

const moments: [string, (run: RunRecord) => boolean][] = [
  ['reading', ({ phase, counts }) => phase === 'READING' && counts.read > 0],
  ['planning', ({ phase }) => phase === 'PLANNING' || phase === 'APPLYING'],
  ['applying', ({ counts }) => counts.created > 0],
  ['applying still', ({ counts }) => counts.created > everybody / 2],
];

test.each([
  ['a database that crashes', crash],
  ['connections that are cut', cut],
])(
  '%s while people are read, planned and applied costs nothing, and nothing is done twice',
  async (_, strike) => {
    const { workspaceId, runId } = await start();
    const left = [...moments];
    let run: RunRecord | null = null;
    while (run === null || run.finishedAt === null) {
      run = await service.store.findRun(workspaceId, runId).catch(() => run);
      const [, isNow] = left[0] ?? [];
      if (run !== null && isNow?.(run)) {
        left.shift();
        await strike();
      } else await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      error: null,
      counts: { read: everybody, inScope: everybody, created: everybody, unchanged: 0, failed: 0, skipped: 0 },
    });
    expect(left.length).toBeLessThan(moments.length - 1);
    const lines = [];
    for (let after = 0, more = true; more; ) {
      const query = { after, minLevel: 'DEBUG', search: null, first: 1000 } as const;
      // The last crash may hit just after the run has ended. The database is away then.
      const slice = await waitOut(() => service.store.runLog(workspaceId, runId, query));
      lines.push(...slice.lines);
      [after, more] = [slice.lastSeq, slice.hasMore];
    }
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_line, i) => i + 1));
    const resumed = lines.filter(({ code }) => code === 'RUN_RESUMED').map(({ message }) => message);
    for (const message of resumed) expect(message).toMatch(/^The database crashed or was lost/);
    const made = lines.filter(({ code }) => code === 'CONTACT_CREATED').map(({ contactId }) => contactId);
    expect([made.length, new Set(made).size]).toEqual([everybody, everybody]);
    const [{ n } = { n: 0 }] = await ask<{ n: number }>(
      'SELECT count(*)::int AS n FROM contact WHERE workspace_id = $1',
      [workspaceId],
    );
    expect(n).toBe(everybody);
    expect(log.errors).toEqual([]);
  },
  120_000,
);

test('an approved plan is applied to its end, even if the database crashes before and during that', async () => {
  const { workspaceId, runId } = await start(true);
  const until = async (isReached: (run: RunRecord) => boolean): Promise<RunRecord> => {
    for (;;) {
      const run = await service.store.findRun(workspaceId, runId).catch(() => null);
      if (run !== null && (run.finishedAt !== null || isReached(run))) return run;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const planned = () =>
    ask<{ n: number }>('SELECT count(*)::int AS n FROM kept_plan_row WHERE run_id = $1', [runId]).then(
      ([row]) => row?.n,
    );
  expect((await until(({ status }) => status === 'HELD')).counts.created).toBe(everybody);
  await crash();
  await ask('SELECT');
  expect(await planned()).toBe(everybody);
  for (let done = false; !done; )
    done = (await service.store.approve(workspaceId, runId, anna).catch(() => null))?.kind === 'done';
  await until(({ counts, phase }) => phase === 'APPLYING' && counts.created > 0 && counts.created < everybody);
  await crash();
  const ended = await until(() => false);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', counts: { created: everybody, inScope: everybody } });
  const lines = await ask<{ code: string }>(`SELECT code FROM run_log WHERE run_id = $1 AND code = 'READ_DONE'`, [
    runId,
  ]);
  expect(lines).toHaveLength(1);
  const changes = await ask<{ n: number }>(
    'SELECT count(DISTINCT contact_id)::int AS n FROM contact_change WHERE change_set = $1 AND contact_version = 1',
    [runId],
  );
  expect([changes[0]?.n, await planned()]).toEqual([everybody, 0]);
}, 120_000);

test('a crash between two transactions, which breaks no statement, is noticed by the second one', async () => {
  const pool = openSyncPool({ url: server.url, connections: 1 });
  const ids = { workspaceId: uuidv7(), runId: uuidv7(), connectionId: uuidv7(), attempt: 1 };
  const attempt: Attempt = {
    ...ids,
    connectionDeleted: false,
    ids: null,
    plan: 'plan_row',
    base: 0,
    reverts: null,
    pool,
    patience: createPatience(pool, undefined),
    removal,
    mapsManagers: false,
    photo: false,
  };
  expect(await transaction(attempt, async () => 'first')).toBe('first');
  const gone = once(pool, 'remove');
  await crash();
  await gone;
  await ask('SELECT');
  await expect(transaction(attempt, async () => 'second')).rejects.toMatchObject({ startOver: true });
  await pool.end();
});
