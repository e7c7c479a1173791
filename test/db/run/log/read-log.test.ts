import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { changeLine } from '../../../../src/core/change-line.ts';
import type { LogSlice } from '../../../../src/core/store.ts';
import { poolQuery, type Query } from '../../../../src/db/query.ts';
import { readLog, readLogs } from '../../../../src/db/run/log/read-log.ts';
import { insertRows, insertRun } from '../../support/insert-rows.ts';
import { openRig, type Rig } from '../../support/open-rig.ts';

let rig: Rig;
let query: Query;
let workspaceId: string;
let runId: string;

const at = new Date('2026-01-01T12:00:00.123Z');
const contactId = uuidv7();
const all = { after: 0, minLevel: 'DEBUG', search: null, first: 1000 } as const;

/** Lines: 1 INFO; 2–4 three changes; 5 WARN; 6–7 two changes; 8 ERROR. The changes at positions 4 to 6 and 9 have no line. */
beforeAll(async () => {
  rig = await openRig();
  query = poolQuery(rig.database.syncPool);
  workspaceId = (await rig.workspace()).id;
  runId = await insertRun(rig.database.syncPool, workspaceId);
  const key = { workspace_id: workspaceId, run_id: runId };
  const line = (seq: number, level: string, message: string, person: string | null, last: number[] = []) => ({
    ...key,
    seq,
    last_seq: last[0] ?? seq,
    at,
    level,
    code: level === 'DEBUG' ? 'APPLYING' : 'READ_DONE',
    message,
    person,
    first_position: last[1] ?? null,
    last_position: last[2] ?? null,
  });
  await insertRows(rig.database.syncPool, 'run_log', [
    line(1, 'INFO', 'Read 5 people', null),
    line(2, 'DEBUG', '', null, [4, 1, 6]),
    line(5, 'WARN', 'No name', 'cn=Nobody'),
    line(6, 'DEBUG', '', null, [7, 7, 9]),
    line(8, 'ERROR', 'Failed', 'cn=Bad'),
  ]);
  const change = (position: number, action: string, name: string | null, more: object = {}) => ({
    workspace_id: workspaceId,
    change_set: runId,
    at,
    position,
    action,
    person: `cn=Person ${position}`,
    person_id: `id-${position}`,
    contact_id: contactId,
    contact_name: name,
    stays: null,
    code: null,
    reason: null,
    outcome: null,
    ...more,
  });
  await insertRows(rig.database.syncPool, 'contact_change', [
    change(1, 'DEACTIVATE', 'Gone Gal', { reason: 'gone from the directory' }),
    change(2, 'UPDATE', 'Anna'),
    change(3, 'NONE', 'Kept', { stays: 'NEWLY_GONE', reason: 'the policy keeps it' }),
    change(4, 'NONE', 'Renewed link', { stays: 'AS_BEFORE' }),
    change(5, 'SKIP', 'Skipped', { code: 'NO_NAME' }),
    change(6, 'UPDATE', 'Left', { outcome: 'LEFT_ALONE' }),
    change(7, 'CREATE', null),
    change(8, 'LINK', 'Bo'),
    change(9, 'UPDATE', 'Broken', { outcome: 'FAILED' }),
  ]);
  await rig.database.syncPool.query(
    `UPDATE contact_change SET display_name = 'New Ärztin' WHERE change_set = $1 AND position = 7`,
    [runId],
  );
});

afterAll(() => rig?.close());

const read = (log: Partial<Parameters<typeof readLog>[3]>): Promise<LogSlice> =>
  readLog(query, workspaceId, runId, { ...all, ...log });

const seqs = ({ lines }: LogSlice) => lines.map(({ seq }) => seq);

describe('a run’s log', () => {
  test('has applied changes as DEBUG lines, in the words of core', async () => {
    const { lines, lastSeq, hasMore } = await read({});
    expect(lines.map(({ seq, level, message }) => [seq, level, message])).toEqual([
      [1, 'INFO', 'Read 5 people'],
      [2, 'DEBUG', 'Deactivated: Gone Gal (gone from the directory)'],
      [3, 'DEBUG', 'Updated: Anna'],
      [4, 'DEBUG', 'Left as is: Kept (the policy keeps it)'],
      [5, 'WARN', 'No name'],
      [6, 'DEBUG', 'Created: New Ärztin'],
      [7, 'DEBUG', 'Linked: Bo'],
      [8, 'ERROR', 'Failed'],
    ]);
    expect([lastSeq, hasMore]).toEqual([8, false]);
    const created = { action: 'CREATE', contactName: 'New Ärztin', reason: null } as const;
    expect(lines[5]).toEqual({
      ...changeLine(created),
      seq: 6,
      at,
      level: 'DEBUG',
      person: 'cn=Person 7',
      personId: 'id-7',
      contactId,
    });
  });

  test.each([
    ['DEBUG', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['INFO', [1, 5, 8]],
    ['WARN', [5, 8]],
    ['ERROR', [8]],
  ] as const)('from %s on has the lines %p, and its end is that of all lines', async (minLevel, expected) => {
    const slice = await read({ minLevel });
    expect(seqs(slice)).toEqual(expected);
    expect(slice.lastSeq).toBe(8);
  });

  test.each(['DEBUG', 'INFO', 'WARN'] as const)(
    'from %s on is the same, read in pieces of any size from anywhere',
    async (minLevel) => {
      const whole = (await read({ minLevel })).lines;
      for (let first = 1; first <= 8; first++) {
        for (let start = 0; start <= 8; start++) {
          const lines = [];
          let after = start;
          for (let more = true; more; ) {
            const slice = await read({ minLevel, first, after });
            lines.push(...slice.lines);
            ({ hasMore: more, lastSeq: after } = slice);
          }
          expect(lines).toEqual(whole.filter(({ seq }) => seq > start));
          expect(after).toBe(8);
        }
      }
    },
  );

  test.each([
    ['anna', [3]],
    ['CREATED', [6]],
    ['new ärztin', [6]],
    ['person 8', [7]],
    ['nobody', [5]],
    ['gone from', [2]],
    ['%', []],
    ['  ', [1, 2, 3, 4, 5, 6, 7, 8]],
  ])('searched for %p has the lines %p', async (search, expected) => {
    const slice = await read({ search });
    expect(seqs(slice)).toEqual(expected);
    expect(slice.lastSeq).toBe(8);
  });

  test('searched in pages continues after the last line found', async () => {
    const first = await read({ search: 'person', first: 2 });
    expect([seqs(first), first.lastSeq, first.hasMore]).toEqual([[2, 3], 3, true]);
    const rest = await read({ search: 'person', first: 10, after: first.lastSeq });
    expect([seqs(rest), rest.lastSeq, rest.hasMore]).toEqual([[4, 6, 7], 8, false]);
  });

  test('of an unknown, foreign or malformed run is empty, and the position stays', async () => {
    const none = { lines: [], lastSeq: 3, hasMore: false };
    expect(await readLog(query, workspaceId, uuidv7(), { ...all, after: 3 })).toEqual(none);
    expect(await readLog(query, workspaceId, 'no-uuid', { ...all, after: 3 })).toEqual(none);
    expect(await readLog(query, uuidv7(), runId, { ...all, after: 3 })).toEqual(none);
    expect(await read({ after: 2 ** 40 })).toMatchObject({ lines: [], hasMore: false });
  });

  test('is read by the API within its workspace, at most 1000 lines at a time', async () => {
    expect(seqs(await rig.store.in(workspaceId).runLog(runId, all))).toHaveLength(8);
    expect(seqs(await rig.store.in(uuidv7()).runLog(runId, all))).toHaveLength(0);
    await expect(rig.store.in(workspaceId).runLog(runId, { ...all, first: 1001 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe('the logs of several runs', () => {
  test.each([
    {},
    { minLevel: 'INFO' },
    { first: 3 },
    { after: 3, first: 2 },
    { search: 'person', first: 2 },
    { search: 'nowhere' },
    { after: 2 ** 40 },
  ] as const)('with %p are in one statement what each of them is by itself', async (asked) => {
    const other = await insertRun(rig.database.syncPool, workspaceId);
    await insertRows(rig.database.syncPool, 'run_log', [
      {
        workspace_id: workspaceId,
        run_id: other,
        seq: 1,
        last_seq: 1,
        at,
        level: 'INFO',
        code: 'READ_DONE',
        message: 'Read 1 person',
      },
    ]);
    const log = { ...all, ...asked };
    const runs = [other, uuidv7(), 'no-uuid', runId];
    let statements = 0;
    const counted: Query = (sql, parameters) => {
      statements++;
      return query(sql, parameters);
    };
    const slices = await readLogs(counted, workspaceId, runs, log);
    expect(statements).toBe(1);
    for (const id of runs) expect(slices(id)).toEqual(await readLog(query, workspaceId, id, log));
  });
});

describe('long runs’ logs', () => {
  const people = 20_000;
  const long: string[] = [];

  beforeAll(async () => {
    for (let count = 0; count < 2; count++) {
      const id = await insertRun(rig.database.syncPool, workspaceId);
      await rig.database.syncPool.query(
        `INSERT INTO contact_change (workspace_id, change_set, position, at, action, person, contact_name)
         SELECT $1, $2, n, now(), 'CREATE', 'cn=' || n, 'Name ' || n FROM generate_series(1, ${people}) AS n`,
        [workspaceId, id],
      );
      await rig.database.syncPool.query(
        `INSERT INTO run_log (workspace_id, run_id, seq, last_seq, at, level, code, message, first_position, last_position)
         SELECT $1, $2, n * 500 + 1, n * 500 + 500, now(), 'DEBUG', 'APPLYING', '', n * 500 + 1, n * 500 + 500
         FROM generate_series(0, ${people / 500 - 1}) AS n`,
        [workspaceId, id],
      );
      long.push(id);
    }
    await rig.database.syncPool.query('ANALYZE contact_change, run_log');
  });

  const asked = { ...all, after: 10_250, first: 100 };

  test.each<[string, (explained: Query) => Promise<unknown>]>([
    ['one', (explained) => readLog(explained, workspaceId, long[0] ?? '', asked)],
    ['several', (explained) => readLogs(explained, workspaceId, long, asked)],
  ])('of %s are read without reading all of it', async (_name, readExplained) => {
    let plan = '';
    const explained: Query = async (sql, parameters) => {
      const { rows } = await rig.database.syncPool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, [
        ...(parameters ?? []),
      ]);
      plan = JSON.stringify(rows);
      return [];
    };
    await readExplained(explained);
    const rowsRead = [...plan.matchAll(/"Relation Name":"contact_change\w*".*?"Actual Rows":(\d+)/g)].map((found) =>
      Number(found[1]),
    );
    expect(rowsRead.length).toBeGreaterThan(0);
    expect(Math.max(...rowsRead)).toBeLessThanOrEqual(1000);
  });

  test('have every line, page by page', async () => {
    let [after, lines] = [0, 0];
    for (let more = true; more; ) {
      const slice = await readLog(query, workspaceId, long[0] ?? '', { ...all, after });
      expect(slice.lines[0]?.message).toBe(`Created: Name ${after + 1}`);
      lines += slice.lines.length;
      ({ lastSeq: after, hasMore: more } = slice);
    }
    expect(lines).toBe(people);
  });
});
