import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { AppError } from '../../src/core/app-error.ts';
import { databaseTrouble } from '../../src/core/database-trouble.ts';
import { startDeadline } from '../../src/core/deadline.ts';
import { openDatabase } from '../../src/db/pool/open-database.ts';
import { type WorkspaceScope, workspaceScope } from '../../src/db/workspace-scope.ts';
import { insertContacts } from './support/insert-rows.ts';
import { openRig, type Rig } from './support/open-rig.ts';

let rig: Rig;
let scope: WorkspaceScope;

beforeAll(async () => {
  rig = await openRig();
  scope = workspaceScope(rig.database, uuidv7());
});

afterEach(() => {
  rig.statements.length = 0;
});

afterAll(() => rig?.close());

const transactionId = (of: WorkspaceScope): Promise<string> =>
  of.read(async ({ query }) => {
    const [row] = await query<{ id: string }>(`SELECT pg_backend_pid() || ' ' || now()::text AS id`);
    return row?.id ?? '';
  });

describe('reads of a workspace', () => {
  test('that start together share one transaction of one workspace, in order', async () => {
    const order: number[] = [];
    const settings = await Promise.all(
      [1, 2, 3].map((nth) =>
        scope.read(async ({ query }) => {
          order.push(nth);
          const rows = await query<{ w: string; t: string; ro: string }>(
            `SELECT current_setting('app.workspace_id') AS w, now()::text AS t, current_setting('transaction_read_only') AS ro`,
          );
          order.push(nth);
          return rows[0];
        }),
      ),
    );
    expect(order).toEqual([1, 1, 2, 2, 3, 3]);
    expect(new Set(settings.map((row) => row?.t)).size).toBe(1);
    expect(settings[0]).toMatchObject({ w: scope.workspaceId, ro: 'on' });
  });

  test('that start on an answer still share its transaction', async () => {
    const first = await transactionId(scope);
    await Promise.resolve();
    const second = await new Promise<string>((resolve) => process.nextTick(() => resolve(transactionId(scope))));
    expect(second).toBe(first);
  });

  test('that start on each answer get a new transaction now and then, each with its own deadline', async () => {
    const transactions = new Set<string>();
    for (let page = 0; page < 50; page++) transactions.add(await transactionId(scope));
    expect(transactions.size).toBe(3);
  });

  test('that start a turn of the event loop later get a new transaction, after the first was committed', async () => {
    const fresh = workspaceScope(rig.database, uuidv7());
    const first = await transactionId(fresh);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await transactionId(fresh)).not.toBe(first);
    expect(rig.statements.filter((sql) => sql.includes(fresh.workspaceId))).toHaveLength(2);
    expect(rig.statements).toContain('COMMIT');
  });

  test('that lose their connection between two statements reject as unavailable', async () => {
    const lost = Promise.withResolvers<void>();
    const result = scope.read(async ({ query, client }) => {
      client.once('error', () => lost.resolve());
      const [row] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await rig.database.syncPool.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await lost.promise;
      return query('SELECT 1');
    });
    const fault = await result.catch((error: unknown) => error);
    expect(databaseTrouble(fault)).toBe('unavailable');
  });

  test('that fail reject alone; waiting ones continue in a new transaction', async () => {
    const results = await Promise.allSettled([
      transactionId(scope),
      scope.read(({ query }) => query('SELECT 1/0')),
      transactionId(scope),
      scope.read(() => Promise.reject(new Error('ours'))),
      transactionId(scope),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(results[1]).toMatchObject({ reason: { message: 'division by zero' } });
    expect(results[3]).toMatchObject({ reason: { message: 'ours' } });
    expect(rig.statements.filter((sql) => sql === 'ROLLBACK')).toHaveLength(2);
  });

  test('can’t write', async () => {
    await expect(scope.read(({ query }) => query('DELETE FROM fills'))).rejects.toThrow('read-only');
  });

  test('continue after a connection is lost in the middle', async () => {
    const results = await Promise.allSettled([
      scope.read(async ({ query }) => {
        const [row] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await rig.database.syncPool.query('SELECT pg_terminate_backend($1)', [row?.pid]);
        return query('SELECT 1');
      }),
      transactionId(scope),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  test('of many scopes at once all get their turn in a pool of one connection, and all reject when there is none', async () => {
    const database = await openDatabase({ url: rig.url, apiConnections: 1 });
    const scopes = Array.from({ length: 20 }, () => workspaceScope(database, uuidv7()));
    const seen = await Promise.all(
      scopes.flatMap((one) =>
        [1, 2].map(() =>
          one.read(async ({ query }) => {
            const [row] = await query<{ w: string }>(`SELECT current_setting('app.workspace_id') AS w`);
            return row?.w === one.workspaceId;
          }),
        ),
      ),
    );
    expect(seen).toEqual(seen.map(() => true));
    await database.close();
    const late = await Promise.allSettled([1, 2].map(() => transactionId(scopes[0] ?? scope)));
    expect(late.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('a read with a single statement', () => {
  const settings = `SELECT current_setting('app.workspace_id', true) AS w, current_setting('transaction_read_only') AS ro,
    current_setting('statement_timeout') AS s, current_user AS role`;

  test('is a separate transaction of one workspace, which leaves nothing in the session', async () => {
    const database = await openDatabase({ url: rig.url, apiUrl: rig.apiUrl, apiConnections: 1 });
    const deadline = startDeadline(30);
    const one = workspaceScope(database, uuidv7(), async () => ({ deadline, end: deadline.end }));
    const [row] = await one.readOne<Record<string, string>>(settings, [], 'kept');
    expect(row).toMatchObject({ w: one.workspaceId, ro: 'on', role: 'kdesk_contact_sync_api' });
    expect(row?.s).toMatch(/^3\d{4}ms$|^31s$/);
    expect(await database.apiSource.query(settings)).toMatchObject([{ w: '', ro: 'off', s: '1min' }]);
    await database.close();
  });

  test('can’t write', async () => {
    await expect(scope.readOne('DELETE FROM fills')).rejects.toThrow('read-only');
  });

  test('sends values of all types in the same way as other statements, and reads them back', async () => {
    const values = [
      null,
      true,
      12.5,
      'it’s "ä" \\ {}',
      new Date(0),
      ['a,"b', null, 'ä\\'],
      { a: [1] },
      Buffer.from([0, 255]),
    ];
    const sql = `SELECT $1::text AS a, $2::boolean AS b, $3::float8 AS c, $4::text AS d, $5::timestamptz AS e, $6::text[] AS f,
      $7::jsonb AS g, $8::bytea AS h`;
    const [a, b, c, d, e, f, g, h] = values;
    for (const kept of [undefined, 'kept', 'kept'] as const)
      expect(await scope.readOne(sql, values, kept)).toEqual([{ a, b, c, d, e, f, g, h }]);
    expect(await scope.read(({ query }) => query(sql, values))).toEqual([{ a, b, c, d, e, f, g, h }]);
  });

  test('reads moments as node-postgres does', async () => {
    const moments = [
      '2026-03-01 09:30:00+00',
      '2024-02-29 23:59:59.9+00',
      '1969-12-31 00:00:00.12+00',
      '9999-12-31 23:59:59.999+00',
      '2026-03-01 09:30:00.123456+00',
      '0099-01-01 00:00:00+00',
      '0100-01-01 00:00:00.001+00',
      '12026-01-01 00:00:00+00',
      '0044-03-15 00:00:00+00 BC',
      'infinity',
      '-infinity',
    ];
    const sql = `SELECT ${moments.map((text, at) => `'${text}'::timestamptz AS m${at}`).join(', ')}`;
    const { rows } = await rig.database.syncPool.query(sql);
    for (const kept of [undefined, 'kept'] as const) expect(await scope.readOne(sql, [], kept)).toEqual(rows);
  });

  test('is kept by the session, together with the last hundred others', async () => {
    const database = await openDatabase({ url: rig.url, apiUrl: rig.apiUrl, apiConnections: 1 });
    const one = workspaceScope(database, uuidv7());
    for (let nth = 0; nth < 130; nth++) {
      expect(await one.readOne(`SELECT ${nth} AS nth`, [], 'kept')).toEqual([{ nth }]);
      expect(await one.readOne('SELECT 1 AS often', [], 'kept')).toEqual([{ often: 1 }]);
    }
    const kept = await one.readOne<{ statement: string }>('SELECT statement FROM pg_prepared_statements');
    const texts = kept.map(({ statement }) => statement).filter((text) => text.startsWith('SELECT '));
    expect(texts.length).toBeLessThan(105);
    expect(texts).toContain('SELECT 1 AS often');
    expect(texts).toContain('SELECT 129 AS nth');
    await database.close();
  });

  test('is prepared again after it has failed, e.g. because its table has changed', async () => {
    const database = await openDatabase({ url: rig.url, apiUrl: rig.apiUrl, apiConnections: 1 });
    const one = workspaceScope(database, uuidv7());
    const all = () => one.readOne('SELECT * FROM fills', [], 'kept');
    expect(await all()).toEqual([]);
    await database.syncPool.query('ALTER TABLE fills ADD COLUMN more text');
    await all().catch(() => {});
    expect(await all()).toEqual([]);
    await database.syncPool.query('ALTER TABLE fills DROP COLUMN more');
    await database.close();
  });
});

describe('writes of a workspace', () => {
  test('are saved all or not at all', async () => {
    const insert = 'INSERT INTO fills (workspace_id, id, fields) VALUES ($1, $2, $3)';
    const id = uuidv7();
    await expect(
      scope.write(async ({ query, workspaceId }) => {
        await query(insert, [workspaceId, id, {}]);
        throw new Error('ours');
      }),
    ).rejects.toThrow('ours');
    const count = () => scope.read(({ query }) => query('SELECT FROM fills WHERE id = $1', [id]));
    expect(await count()).toHaveLength(0);
    await scope.write(({ query, workspaceId }) => query(insert, [workspaceId, id, {}]));
    expect(await count()).toHaveLength(1);
  });

  test('that end in a deadlock are tried again', async () => {
    const ids = [uuidv7(), uuidv7()];
    for (const id of ids) {
      await scope.write(({ query, workspaceId }) =>
        query('INSERT INTO fills VALUES ($1, $2, $3)', [workspaceId, id, {}]),
      );
    }
    const bothHoldOne = Promise.withResolvers<void>();
    let holding = 0;
    const update = (order: (string | undefined)[]) =>
      scope.write(async ({ query }) => {
        await query('UPDATE fills SET fields = $2 WHERE id = $1', [order[0], {}]);
        if (++holding === 2) bothHoldOne.resolve();
        await bothHoldOne.promise;
        await query('UPDATE fills SET fields = $2 WHERE id = $1', [order[1], {}]);
      });
    await Promise.all([update(ids), update([...ids].reverse())]);
    expect(holding).toBe(3);
  });
});

describe('the deadline of a workspace’s transactions', () => {
  const SLEEP = 'SELECT pg_sleep(600)';
  const left = new AppError('CLIENT_LEFT', 'gone');
  const deadlines: ReturnType<typeof startDeadline>[] = [];
  afterEach(() => {
    for (const deadline of deadlines.splice(0)) deadline.end();
  });

  /** A scope whose client can disconnect, and a statement that sleeps. */
  function within(seconds: number) {
    const client = new AbortController();
    const deadline = startDeadline(seconds, { clientLeft: client.signal });
    const ended: string[] = [];
    const one = workspaceScope(rig.database, uuidv7(), async () => ({ deadline, end: () => ended.push('end') }));
    deadlines.push(deadline);
    return { client, one, ended };
  }

  const asleep = async (): Promise<number> => {
    const { rows } = await rig.database.syncPool.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'`,
    );
    return rows[0].n;
  };
  const untilAsleep = async (count: number): Promise<void> => {
    while ((await asleep()) !== count);
  };

  test('ends reads and writes in the database when the time is over', async () => {
    for (const way of ['read', 'write'] as const) {
      const { one, ended } = within(0.2);
      await expect(one[way](({ query }) => query(SLEEP))).rejects.toMatchObject({ code: 'TIMEOUT' });
      expect(await asleep()).toBe(0);
      await expect(one[way](({ query }) => query('SELECT 1'))).rejects.toMatchObject({ code: 'TIMEOUT' });
      expect(ended).toContain('end');
    }
  });

  test('ends reads when the client leaves, and those that wait with them; writes continue', async () => {
    const { one, client } = within(60);
    const reads = [1, 2].map(() => one.read(({ query }) => query(SLEEP)));
    const gone = Promise.withResolvers<void>();
    const written = one.write(async ({ query }) => {
      await gone.promise;
      return query('SELECT 1 AS one');
    });
    await untilAsleep(1);
    client.abort(left);
    gone.resolve();
    expect(await Promise.allSettled(reads)).toEqual([1, 2].map(() => ({ status: 'rejected', reason: left })));
    expect(await written).toEqual([{ one: 1 }]);
    expect(await asleep()).toBe(0);
  });

  test('leaves clean connections to others', async () => {
    const database = await openDatabase({ url: rig.url, apiUrl: rig.apiUrl, apiConnections: 1 });
    const one = workspaceScope(database, uuidv7(), async () => ({ deadline: null, end: () => {} }));
    const before = await transactionId(one);
    for (let round = 0; round < 5; round++) {
      const deadline = startDeadline(0.05);
      const slow = workspaceScope(database, uuidv7(), async () => ({ deadline, end: () => {} }));
      await expect(slow.read(({ query }) => query(SLEEP))).rejects.toMatchObject({ code: 'TIMEOUT' });
      const limit = await one.read(({ query }) =>
        query<{ s: string }>(`SELECT current_setting('statement_timeout') s`),
      );
      expect(limit).toEqual([{ s: '1min' }]);
    }
    expect((await transactionId(one)).split(' ')[0]).toBe(before.split(' ')[0]);
    await database.close();
  });

  test('never shows another workspace’s rows on a shared session, however the reads before ended', async () => {
    const database = await openDatabase({ url: rig.url, apiUrl: rig.apiUrl, apiConnections: 1 });
    const ids = [uuidv7(), uuidv7()];
    for (const id of ids) await insertContacts(database.syncPool as never, id, [{ DISPLAY_NAME: id }]);
    const own = 'SELECT display_name AS name FROM contact';
    const rowsOf = (id: string, work: () => Promise<{ name: string }[]>) =>
      work().then((rows) => expect([id, rows]).toEqual([id, [{ name: id }]]));
    const breakNapping = async () => {
      const hit = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep(60)%'`;
      while ((await rig.database.syncPool.query(hit)).rowCount === 0) await pause(5);
    };
    const ends = new Set<string>();
    const attempts = Array.from({ length: 120 }, (_, nth) => async () => {
      const id = ids[nth % 2] ?? '';
      const what = (nth * 7) % 12;
      const deadline = startDeadline(what === 3 || what === 4 ? 0.02 : 30);
      const one = workspaceScope(database, id, async () => ({ deadline, end: deadline.end }));
      try {
        if (what === 1) await one.readOne('SELECT 1/0');
        else if (what === 2) await one.read(({ query }) => query('SELECT 1/0'));
        else if (what === 3) await one.readOne(SLEEP);
        else if (what === 4) await one.read(({ query }) => query(SLEEP));
        else if (what === 5) await Promise.all([one.readOne('SELECT pg_sleep(60)'), breakNapping()]);
        else if (what === 6) await one.readOne(`SELECT set_config('app.workspace_id', '${ids[(nth + 1) % 2]}', true)`);
        else if (what < 9) await rowsOf(id, () => one.read(({ query }) => query<{ name: string }>(own)));
        else await rowsOf(id, () => one.readOne<{ name: string }>(own));
        ends.add('answered');
      } catch (error) {
        if (error instanceof Error && 'matcherResult' in error) throw error;
        const trouble = databaseTrouble(error);
        ends.add(error instanceof AppError ? error.code : (trouble ?? 'refused'));
      }
    });
    const atOnce = 6;
    for (let i = 0; i < attempts.length; i += atOnce)
      await Promise.all(attempts.slice(i, i + atOnce).map((attempt) => attempt()));
    expect([...ends].sort()).toEqual(['TIMEOUT', 'answered', 'refused', 'unavailable']);
    await database.close();
  });

  test('also ends the wait for a connection, which is given back when it comes', async () => {
    const database = await openDatabase({ url: rig.url, apiUrl: rig.apiUrl, apiConnections: 1 });
    const holds = Promise.withResolvers<void>();
    const holding = workspaceScope(database, uuidv7()).read(() => holds.promise);
    const deadline = startDeadline(0.05);
    const late = workspaceScope(database, uuidv7(), async () => ({ deadline, end: () => {} }));
    await expect(transactionId(late)).rejects.toMatchObject({ code: 'TIMEOUT' });
    holds.resolve();
    await holding;
    expect(await transactionId(workspaceScope(database, uuidv7()))).not.toBe('');
    await database.close();
  });

  test('closes a session whose server does not stop it', async () => {
    const deadline = startDeadline(0.05);
    const stopper = { stop: () => Promise.reject(new Error('frozen')) };
    const one = workspaceScope({ ...rig.database, stopper }, uuidv7(), async () => ({ deadline, end: () => {} }));
    await expect(one.read(({ query }) => query(SLEEP))).rejects.toMatchObject({ code: 'TIMEOUT' });
    await untilAsleep(0);
  });

  test("holds for the service's own reads too, if the server is frozen", async () => {
    const stopper = { stop: () => Promise.reject(new Error('frozen')) };
    const own = workspaceScope({ ...rig.database, stopper, ownSeconds: 0.05 }, uuidv7());
    await expect(own.read(({ query }) => query(SLEEP))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(own.write(({ query }) => query(SLEEP))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await untilAsleep(0);
  });
});
