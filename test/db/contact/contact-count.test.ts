import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uuidv7 } from 'uuidv7';
import { insertContacts } from '../support/insert-rows.ts';
import { openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig?.close());

type Counts = Record<string, number>;

const counted = async (table: string, workspaceId: string): Promise<Counts> => {
  const number = table === 'contact' ? 'count(*)' : 'sum(contacts)';
  const { rows } = await rig.database.syncPool.query(
    `SELECT status, ${number}::int AS n FROM ${table} WHERE workspace_id = $1 GROUP BY status HAVING ${number} <> 0`,
    [workspaceId],
  );
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
};

const expectExact = async (workspaceId: string): Promise<void> => {
  expect(await counted('contact_count', workspaceId)).toEqual(await counted('contact', workspaceId));
};

const total = async (workspaceId: string, status: 'ACTIVE' | 'INACTIVE' | null): Promise<number> => {
  const nothing = {
    search: null,
    email: null,
    externalId: null,
    connectionId: null,
    updatedSince: null,
    dueForRemoval: null,
  };
  const filter = { ...nothing, status, orderBy: 'NAME_ASC' } as const;
  const page = await rig.store.in(workspaceId).contactsPage(filter, { first: 1, after: null });
  return page.totalCount();
};

type Step = { kind: 'add' | 'move' | 'remove' | 'touch' | 'give up'; many: number };

/** One transaction of a writer. It adds, switches or deletes some contacts, and may roll back. */
async function write(workspaceId: string, steps: readonly Step[]): Promise<void> {
  const client = await rig.database.syncPool.connect();
  const some = (many: number) =>
    `SELECT id FROM contact WHERE workspace_id = '${workspaceId}' ORDER BY id LIMIT ${many} FOR UPDATE SKIP LOCKED`;
  try {
    await client.query('BEGIN');
    for (const { kind, many } of steps) {
      if (kind === 'add') {
        await insertContacts(
          client as never,
          workspaceId,
          Array.from({ length: many }, (_, index) => ({
            DISPLAY_NAME: `P ${index}`,
            status: index % 3 === 0 ? 'INACTIVE' : 'ACTIVE',
          })),
        );
      } else if (kind === 'move') {
        await client.query(
          `UPDATE contact SET status = CASE status WHEN 'ACTIVE' THEN 'INACTIVE' ELSE 'ACTIVE' END WHERE workspace_id = $1 AND id IN (${some(many)})`,
          [workspaceId],
        );
      } else if (kind === 'remove') {
        await client.query(`DELETE FROM contact WHERE workspace_id = $1 AND id IN (${some(many)})`, [workspaceId]);
      } else if (kind === 'touch') {
        await client.query(
          `UPDATE contact SET notes = 'n', status = status WHERE workspace_id = $1 AND id IN (${some(many)})`,
          [workspaceId],
        );
      } else {
        await client.query('ROLLBACK');
        await client.query('BEGIN');
      }
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

describe('the number of contacts that is kept', () => {
  test('equals the number of contacts, whatever concurrent writers do and roll back', async () => {
    const step = fc.record({
      kind: fc.constantFrom<Step['kind']>('add', 'move', 'remove', 'touch', 'give up'),
      many: fc.integer({ min: 1, max: 40 }),
    });
    const writers = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(writers, async (all) => {
        const workspaceId = uuidv7();
        await write(workspaceId, [{ kind: 'add', many: 100 }]);
        await Promise.all(all.map((steps) => write(workspaceId, steps)));
        await expectExact(workspaceId);
        const counts = await counted('contact', workspaceId);
        expect(await total(workspaceId, 'ACTIVE')).toBe(counts.ACTIVE ?? 0);
        expect(await total(workspaceId, null)).toBe((counts.ACTIVE ?? 0) + (counts.INACTIVE ?? 0));
      }),
      { numRuns: 25 },
    );
  });

  test('takes few entries, however often a status changes', async () => {
    const workspaceId = uuidv7();
    await write(workspaceId, [{ kind: 'add', many: 500 }]);
    for (let time = 0; time < 5; time++) await write(workspaceId, [{ kind: 'move', many: 500 }]);
    const { rows } = await rig.database.syncPool.query(
      'SELECT count(*)::int AS entries FROM contact_count WHERE workspace_id = $1',
      [workspaceId],
    );
    expect(rows[0].entries).toBeLessThan(100);
    await expectExact(workspaceId);
  });

  test('shows a transaction its own changes, and other transactions only committed ones', async () => {
    const workspaceId = uuidv7();
    await write(workspaceId, [{ kind: 'add', many: 3 }]);
    const client = await rig.database.syncPool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await client.query('DELETE FROM contact WHERE workspace_id = $1', [workspaceId]);
      const own = await client.query('SELECT sum(contacts)::int AS n FROM contact_count WHERE workspace_id = $1', [
        workspaceId,
      ]);
      expect(own.rows).toEqual([{ n: 0 }]);
      expect(await total(workspaceId, null)).toBe(3);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    expect(await total(workspaceId, null)).toBe(0);
  });

  test("can't be changed through the API’s role", async () => {
    const { apiSource } = rig.database;
    await expect(apiSource.query(`SELECT add_contact_count($1, 'ACTIVE', 5)`, [uuidv7()])).rejects.toThrow(
      'permission denied',
    );
    await expect(apiSource.query('DELETE FROM contact_count')).rejects.toThrow('permission denied');
  });
});
