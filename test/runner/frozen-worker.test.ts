import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createIssuer, environment } from '../support/api.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { people } from '../support/ldap-people.ts';
import { ldapSettings } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { defaultMappings, defaultScope } from '../support/source-defaults.ts';
import { anna, openRunsDatabase, type RunsDatabase } from './support/runs-database.ts';
import { queuedRun } from './support/start-claimed.ts';
import { untilStatus } from './support/until-status.ts';

/** The scripts have built it before the tests. */
const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

/** Two of them have the same address, so that planning has something to write. */
const everybody = 20;
const created = everybody - 2;

/**
 * The points at which runs are blocked in the middle of a transaction: a write to a table, and a condition on its row.
 */
const held = {
  claiming: ['UPDATE ON run', `NEW.attempt = 1 AND OLD.attempt = 0`],
  staging: ['INSERT ON plan_row', `NEW.action <> 'NONE'`],
  planning: ['UPDATE ON plan_row', `NEW.action IS NULL`],
  applying: ['INSERT ON contact', 'true'],
  'counting what was applied': ['INSERT ON run_log', `NEW.code = 'APPLYING' AND NEW.level = 'DEBUG'`],
  finishing: ['UPDATE ON connection', 'NEW.last_complete_read_at IS NOT NULL'],
} as const;
const points = ['connecting', 'reading', ...Object.keys(held)];

let db: RunsDatabase;
let slapd: Slapd;
let issuer: Awaited<ReturnType<typeof createIssuer>>;
/** Holds all locks that block the runs. */
let holder: pg.Client;
const children: ChildProcess[] = [];
const proxies: FaultProxy[] = [];

beforeAll(async () => {
  const entries = [...people(everybody)];
  const [one, other] = entries.filter(({ attributes }) => attributes.mail !== undefined);
  if (one === undefined || other === undefined) throw new Error('nobody');
  other.attributes.mail = one.attributes.mail ?? [];
  [db, slapd, issuer] = await Promise.all([
    openRunsDatabase(),
    startSlapd({ entries, access: ['to * by * read'] }),
    createIssuer(),
  ]);
  holder = new pg.Client({ connectionString: db.url });
  await holder.connect();
  await holder.query(`
    CREATE TABLE hold (workspace_id uuid, point text, key bigint);
    CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_advisory_xact_lock_shared(hold.key) FROM hold WHERE hold.workspace_id = NEW.workspace_id AND hold.point = TG_ARGV[0];
      RETURN NEW;
    END $$`);
  for (const [point, [when, condition]] of Object.entries(held))
    await holder.query(
      `CREATE TRIGGER "hold ${point}" BEFORE ${when} FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION hold_up('${point}')`,
    );
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const proxy of proxies) await proxy.close();
  await holder.end();
  await Promise.all([db.close(), slapd.close(), issuer.close()]);
});

async function spawnWorker(concurrency: number): Promise<ChildProcess> {
  const env = environment(db.url, issuer.path, { ROLE: 'worker', RUN_CONCURRENCY: String(concurrency) });
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const working = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (JSON.parse(line).msg === 'working') working.resolve();
  });
  await working.promise;
  return child;
}

type Started = { point: string; workspaceId: string; runId: string; proxy: FaultProxy; key: number };

/** Starts a run in a new workspace. It will be blocked at this point. */
async function start(point: string, nth: number): Promise<Started> {
  const workspaceId = await db.addWorkspace();
  const connectionId = await db.addConnection(workspaceId);
  const proxy = await startFaultProxy(slapd.port);
  proxies.push(proxy);
  if (point === 'connecting') proxy.fault = { kind: 'silence', afterBytes: 0 };
  if (point === 'reading') proxy.fault = { kind: 'silence', afterBytes: 8000 };
  if (point in held) {
    await holder.query('SELECT pg_advisory_lock($1)', [nth]);
    await holder.query('INSERT INTO hold VALUES ($1, $2, $3)', [workspaceId, point, nth]);
  }
  await db.pool.query(
    `UPDATE connection SET source = $2, scope = $3, mappings = $4, removal = $5 WHERE workspace_id = $1`,
    [
      workspaceId,
      // On a busy machine it takes a while until all runs are blocked.
      JSON.stringify({ ...ldapSettings({ url: proxy.url }), timeoutSeconds: 30 }),
      JSON.stringify(defaultScope('LDAP')),
      JSON.stringify(defaultMappings('LDAP')),
      JSON.stringify({ action: 'DEACTIVATE', graceDays: 0, maxPercent: null, maxCount: null, maxEmptiedPercent: 30 }),
    ],
  );
  const { runId } = await queuedRun(db, { workspaceId, connectionId });
  return { point, workspaceId, runId, proxy, key: nth };
}

/** Asks the database until the answer is true. The pauses leave time for other work. */
async function until(sql: string, params: unknown[]): Promise<void> {
  while ((await db.pool.query(sql, params)).rows[0]?.so !== true) await pause(20);
}

async function reached({ point, runId, proxy, key }: Started): Promise<void> {
  if (point === 'connecting' || point === 'reading') return proxy.struck;
  await until(`SELECT count(*) > 0 AS so FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1`, [
    key,
  ]);
  if (point === 'finishing') await until(`SELECT phase = 'APPLYING' AS so FROM run WHERE id = $1`, [runId]);
}

async function logOf({ workspaceId, runId }: Started) {
  const { lines } = await db.store.runLog(workspaceId, runId, {
    after: 0,
    minLevel: 'DEBUG',
    search: null,
    first: 1000,
  });
  return lines;
}

async function contactsOf({ workspaceId }: Started): Promise<number> {
  return (await db.pool.query('SELECT FROM contact WHERE workspace_id = $1', [workspaceId])).rowCount ?? 0;
}

test('a worker that is frozen at any point loses its runs to another within 30 s, and they can be cancelled; when it wakes, it writes nothing to them and works on other runs', async () => {
  const frozen = await spawnWorker(2 * points.length);
  const runs: Started[] = [];
  for (const point of [...points, ...points]) runs.push(await start(point, runs.length + 1));
  const [cancelled, takenOver] = [runs.slice(0, points.length), runs.slice(points.length)];
  for (const run of runs) await reached(run);

  frozen.kill('SIGSTOP');
  const frozenAt = performance.now();
  await holder.query('DELETE FROM hold');
  await holder.query('SELECT pg_advisory_unlock_all()');
  for (const { proxy } of runs) proxy.fault = { kind: 'none' };
  const attempts = await db.pool.query('SELECT id, attempt FROM run');
  const attemptOf = new Map<string, number>(attempts.rows.map(({ id, attempt }) => [id, attempt]));

  for (const { workspaceId, runId } of cancelled) {
    const askedAt = performance.now();
    expect(await db.store.cancel(workspaceId, runId, anna)).toMatchObject({ kind: 'done' });
    expect(performance.now() - askedAt).toBeLessThan(2000);
  }
  const other = await spawnWorker(points.length);
  for (const { runId } of takenOver)
    await until('SELECT attempt > $2 AS so FROM run WHERE id = $1', [runId, attemptOf.get(runId)]);
  for (const run of cancelled) await untilStatus(db, run, 'CANCELLED');
  expect(performance.now() - frozenAt).toBeLessThan(30_000);
  for (const run of takenOver) await untilStatus(db, run, 'SUCCEEDED');
  const logs = await Promise.all(runs.map(logOf));
  const contacts = await Promise.all(runs.map(contactsOf));

  frozen.kill('SIGCONT');
  // The worker gives back all of its jobs.
  await until(`SELECT count(*) = 0 AS so FROM pgboss.job WHERE state = 'active' AND singleton_key <> ''`, []);
  expect(await Promise.all(runs.map(logOf))).toEqual(logs);
  expect(await Promise.all(runs.map(contactsOf))).toEqual(contacts);
  for (const run of takenOver) {
    const lines = await logOf(run);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    expect(lines.filter(({ code }) => code === 'CONTACT_CREATED')).toHaveLength(created);
    expect([run.point, await contactsOf(run)]).toEqual([run.point, created]);
    expect(await db.store.findRun(run.workspaceId, run.runId)).toMatchObject({ counts: { created, skipped: 2 } });
  }

  other.kill('SIGTERM');
  await once(other, 'exit');
  await untilStatus(db, await start('nowhere', 0), 'SUCCEEDED');
}, 180_000);
