import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { type KeepOptions, keepPartitions } from '../../../src/db/partition/keep-partitions.ts';
import { partitionedTables } from '../../../src/db/partition/partitioned-tables.ts';
import { lowestIdAt } from '../../../src/db/partition/periods.ts';
import { poolQuery } from '../../../src/db/query.ts';
import { readLog } from '../../../src/db/run/log/read-log.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { insertRows, insertRun } from '../support/insert-rows.ts';

let database: TestDatabase;
let pool: pg.Pool;
const workspaceId = uuidv7();
let seq = 0;

beforeEach(async () => {
  database = await createDatabase();
  pool = new pg.Pool({ connectionString: database.url });
  pool.on('error', () => {});
});
afterEach(async () => {
  await pool.end();
  await database.close();
});

const dayMs = 24 * 60 * 60 * 1000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);

const keep = async (given: Partial<KeepOptions> = {}) => {
  const client = await pool.connect();
  const retention = { logDays: 90, historyDays: 730 };
  try {
    return await keepPartitions(client, { retention, lockTimeoutMs: 200, tries: 2, pauseMs: 1, ...given });
  } finally {
    client.release();
  }
};

/** Inserts a run that was started at this time, with a line, a change and a plan. */
async function runAt(moment: Date, status = 'SUCCEEDED'): Promise<string> {
  const id = `${lowestIdAt(moment.getTime()).slice(0, 13)}${uuidv7().slice(13)}`;
  const phase = status === 'HELD' ? 'WAITING' : 'FINISHED';
  await insertRun(pool, workspaceId, { id, connectionId: uuidv7(), status, phase });
  await insertRows(pool, 'run_log', [
    {
      workspace_id: workspaceId,
      run_id: id,
      seq: 1,
      last_seq: 1,
      at: moment,
      level: 'INFO',
      code: 'X',
      message: 'a line',
    },
  ]);
  await insertRows(pool, 'contact_change', [
    { workspace_id: workspaceId, change_set: id, position: 1, at: moment, action: 'CREATE', person: 'cn=a' },
  ]);
  await insertRows(pool, 'contact_feed_batch', [
    { workspace_id: workspaceId, seq: ++seq, change_set: id, first_position: 1, last_position: 1 },
  ]);
  await insertRows(pool, 'kept_plan_row', [
    { workspace_id: workspaceId, run_id: id, position: 1, action: 'CREATE', person: 'cn=a' },
  ]);
  return id;
}

type Table = 'run' | 'run_log' | 'contact_change' | 'contact_feed_batch' | 'kept_plan_row';

const partitionOf = async (table: Table, id: string): Promise<string | undefined> => {
  const key = partitionedTables.find(({ name }) => name === table)?.key;
  const { rows } = await pool.query(`SELECT tableoid::regclass::text AS name FROM ${table} WHERE ${key} = $1`, [id]);
  return rows[0]?.name;
};
const isThere = async (table: Table, id: string): Promise<boolean> => (await partitionOf(table, id)) !== undefined;

describe('a migrated database', () => {
  test('has the partitions of now and of the time ahead', async () => {
    const names = [];
    for (const days of [0, 7, 13]) {
      const id = await runAt(inDays(days));
      for (const { name } of partitionedTables) names.push(await partitionOf(name as Table, id));
    }
    for (const name of names)
      expect(name).toMatch(/^(run|run_log|contact_change|contact_feed_batch|kept_plan_row)_\d{8}$/);
  });

  test('has no partitioned table that is missing in the list', async () => {
    const { rows } = await pool.query(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(partitionedTables.map(({ name }) => name).sort());
  });

  test('reads a run, its log and its changes from one partition each', async () => {
    await keep({ now: inDays(300) });
    const read = async (sql: string): Promise<string[]> => {
      const { rows } = await pool.query(`EXPLAIN (FORMAT JSON) ${sql}`);
      return [...JSON.stringify(rows).matchAll(/"Relation Name":"(\w+)"/g)].map(([, name = '']) => name);
    };
    const id = uuidv7();
    for (const { name, key } of partitionedTables)
      expect(
        await read(`SELECT * FROM ${name} WHERE workspace_id = '${workspaceId}' AND ${key} = '${id}'`),
      ).toHaveLength(1);
    expect(await read(`UPDATE run SET progress = 1 WHERE workspace_id = '${workspaceId}' AND id = '${id}'`)).toEqual([
      'run',
      expect.stringMatching(/^run_\d{8}$/),
      expect.stringMatching(/^run_\d{8}$/),
    ]);
  });
});

describe('keeping partitions', () => {
  test('drops the log that is older than it is kept, and leaves what is younger, and the runs', async () => {
    const old = await runAt(new Date());
    const young = await runAt(inDays(100));
    const kept = await keep({ now: inDays(110) });
    expect(kept).toMatchObject({ busy: [], movedRows: 4, strays: 1 });
    expect([await isThere('run_log', old), await isThere('run_log', young)]).toEqual([false, true]);
    expect([await isThere('run', old), await isThere('run', young)]).toEqual([true, true]);
    expect(await isThere('contact_change', old)).toBe(true);
    const log = { after: 0, minLevel: 'DEBUG', search: null, first: 10 } as const;
    expect(await readLog(poolQuery(pool), workspaceId, old, log)).toEqual({ lines: [], lastSeq: 0, hasMore: false });
  });

  test('drops runs and their changes that are older than the history is kept', async () => {
    const old = await runAt(new Date());
    const young = await runAt(inDays(400));
    await keep({ now: inDays(800) });
    expect([await isThere('run', old), await isThere('run', young)]).toEqual([false, true]);
    expect([await isThere('contact_change', old), await isThere('contact_change', young)]).toEqual([false, true]);
  });

  test('keeps a run that waits to be approved, with its log, however old it is', async () => {
    const held = await runAt(new Date(), 'HELD');
    await keep({ now: inDays(2000) });
    expect([await isThere('run', held), await isThere('run_log', held)]).toEqual([true, true]);
    await pool.query('DELETE FROM open_run WHERE run_id = $1', [held]);
    await keep({ now: inDays(2000) });
    expect([await isThere('run', held), await isThere('run_log', held)]).toEqual([false, false]);
  });

  test('keeps a plan for seven days after its run has ended, however long the run waited', async () => {
    const [waiting, ended] = [await runAt(new Date(), 'HELD'), await runAt(new Date())];
    const end = (run: string, at: Date) => pool.query('UPDATE run SET finished_at = $2 WHERE id = $1', [run, at]);
    const plans = () => Promise.all([waiting, ended].map((run) => isThere('kept_plan_row', run)));
    await end(ended, inDays(0));
    await keep({ now: inDays(30) });
    expect(await plans()).toEqual([true, true]);
    await pool.query('DELETE FROM open_run WHERE run_id = $1', [waiting]);
    await end(waiting, inDays(30));
    await keep({ now: inDays(36) });
    expect(await plans()).toEqual([true, true]);
    await keep({ now: inDays(38) });
    expect(await plans()).toEqual([false, false]);
    expect(await isThere('run', waiting)).toBe(true);
  });

  test('keeps no log longer than its run', async () => {
    const id = await runAt(new Date());
    await keep({ now: inDays(60), retention: { logDays: 3650, historyDays: 20 } });
    expect([await isThere('run', id), await isThere('run_log', id)]).toEqual([false, false]);
  });

  test('never deletes a row', async () => {
    const id = await runAt(new Date());
    await pool.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a row was deleted'; END $$;
       CREATE TRIGGER refusing BEFORE DELETE ON run_log FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    await expect(pool.query('DELETE FROM run_log')).rejects.toThrow('a row was deleted');
    await keep({ now: inDays(200) });
    expect(await isThere('run_log', id)).toBe(false);
  });

  test('changes nothing when called again', async () => {
    await keep({ now: inDays(200) });
    expect(await keep({ now: inDays(200) })).toEqual({
      made: [],
      dropped: [],
      busy: [],
      movedRows: 0,
      strays: 0,
    });
  });

  test('fits new partitions between old ones when what is kept becomes less', async () => {
    await keep({ now: inDays(100) });
    const retention = { logDays: 1, historyDays: 10 };
    const run = await runAt(inDays(190));
    await keep({ now: inDays(190), retention });
    expect(await partitionOf('run_log', run)).toMatch(/^run_log_\d{8}$/);
    await keep({ now: inDays(192), retention });
    const day = inDays(190).toISOString().slice(0, 10).replaceAll('-', '');
    expect(await partitionOf('run', run)).toBe(`run_${day}`);
    expect(await isThere('run_log', run)).toBe(false);
  });

  test('is done once when several processes try at the same time', async () => {
    const id = await runAt(new Date());
    const all = await Promise.all(Array.from({ length: 5 }, () => keep({ now: inDays(200), lockTimeoutMs: 20_000 })));
    const made = all.flatMap((one) => one.made);
    expect(new Set(made).size).toBe(made.length);
    expect(all.flatMap((one) => one.dropped).length).toBeGreaterThan(0);
    expect(await isThere('run_log', id)).toBe(false);
    const next = await runAt(inDays(200));
    expect(await partitionOf('run_log', next)).not.toBe('run_log_default');
  });

  test('gives up while others use a table, does not block them, and drops later', async () => {
    const id = await runAt(new Date());
    const writer = await pool.connect();
    await writer.query('BEGIN');
    await writer.query('UPDATE run_log SET message = message WHERE run_id = $1', [id]);
    const name = await partitionOf('run_log', id);
    expect(await keep({ now: inDays(200) })).toMatchObject({ busy: expect.arrayContaining([name]) });
    await writer.query('UPDATE run_log SET message = message WHERE run_id = $1', [id]);
    await writer.query('COMMIT');
    writer.release();
    expect(await keep({ now: inDays(200) })).toMatchObject({ busy: [], dropped: expect.arrayContaining([name]) });
    expect(await isThere('run_log', id)).toBe(false);
  });

  test('keeps changes while the batches of the feed that lead to them can not be dropped', async () => {
    const id = await runAt(new Date());
    const reader = await pool.connect();
    await reader.query('BEGIN');
    await reader.query('SELECT FROM contact_feed_batch WHERE change_set = $1', [id]);
    await keep({ now: inDays(800) });
    expect([await isThere('contact_feed_batch', id), await isThere('contact_change', id)]).toEqual([true, true]);
    await reader.query('COMMIT');
    reader.release();
    expect(await keep({ now: inDays(800) })).toMatchObject({ busy: [] });
    expect([await isThere('contact_feed_batch', id), await isThere('contact_change', id)]).toEqual([false, false]);
  });

  test('leaves rows in the default partition while others use it, and moves them later', async () => {
    const id = await runAt(inDays(100));
    expect(await partitionOf('run', id)).toBe('run_default');
    const writer = await pool.connect();
    await writer.query('BEGIN');
    await writer.query('UPDATE run SET progress = 1 WHERE id = $1', [id]);
    expect(await keep({ now: inDays(100) })).toMatchObject({ busy: expect.arrayContaining([expect.any(String)]) });
    expect(await partitionOf('run', id)).toBe('run_default');
    await writer.query('COMMIT');
    writer.release();
    expect(await keep({ now: inDays(100) })).toMatchObject({ busy: [] });
    expect(await partitionOf('run', id)).toMatch(/^run_\d{8}$/);
  });

  test('loses nothing of a process with a wrong clock', async () => {
    const [past, future, soon] = [await runAt(new Date(0)), await runAt(inDays(20_000)), await runAt(inDays(60))];
    expect(await keep()).toMatchObject({ busy: [], movedRows: 5, strays: 10 });
    for (const id of [past, future]) expect(await partitionOf('run_log', id)).toBe('run_log_default');
    expect(await partitionOf('run_log', soon)).toMatch(/^run_log_\d{8}$/);
    expect(await partitionOf('run', soon)).toMatch(/^run_\d{8}$/);
  });

  test('makes partitions that the API’s role can read only through their table', async () => {
    const { made } = await keep({ now: inDays(100) });
    expect(made.length).toBeGreaterThan(0);
    const { rows } = await pool.query(
      `SELECT count(*) FILTER (WHERE relrowsecurity)::int AS walled,
         count(*) FILTER (WHERE has_table_privilege('kdesk_contact_sync_api', oid, 'SELECT, INSERT, UPDATE, DELETE'))::int AS open
       FROM pg_class WHERE relname = ANY($1)`,
      [made],
    );
    expect(rows).toEqual([{ walled: made.length, open: 0 }]);
  });
});
