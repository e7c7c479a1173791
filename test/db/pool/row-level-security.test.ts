import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { insertContacts, insertLinks, insertRows, insertRun } from '../support/insert-rows.ts';
import { connectionEdit, member, openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
let ours: string;
let theirs: string;

/** Inserts one row into every table, for a workspace. */
async function fill(workspaceId: string): Promise<void> {
  const pool = rig.database.syncPool;
  const connection = await rig.store
    .in(workspaceId)
    .createConnection(connectionEdit(), { bindPassword: 'secret' }, member);
  const runId = await insertRun(pool, workspaceId, { connectionId: connection.id });
  const [contactId = ''] = await insertContacts(pool, workspaceId, [{ DISPLAY_NAME: 'Anna' }]);
  await insertLinks(pool, workspaceId, connection.id, [{ contactId }]);
  const key = { workspace_id: workspaceId };
  await insertRows(pool, 'fills', [{ ...key, id: uuidv7(), fields: {} }]);
  await insertRows(pool, 'run_log', [
    { ...key, run_id: runId, seq: 1, last_seq: 1, at: new Date(), level: 'INFO', code: 'X', message: '' },
  ]);
  for (const table of ['plan_row', 'kept_plan_row'])
    await insertRows(pool, table, [{ ...key, run_id: runId, position: 1, action: 'CREATE', person: 'cn=a' }]);
  await insertRows(pool, 'contact_change', [
    { ...key, change_set: runId, position: 1, at: new Date(), action: 'CREATE', person: 'cn=a' },
  ]);
  await insertRows(pool, 'contact_feed', [{ ...key, last_seq: 1 }]);
  const batch = { change_set: runId, first_position: 1, last_position: 1 };
  await insertRows(pool, 'contact_feed_batch', [{ ...key, seq: 1, ...batch }]);
  await insertRows(pool, 'taken_back', [
    { ...key, connection_id: connection.id, change_set: runId, settings: 'digest' },
  ]);
  await insertRows(pool, 'open_run', [{ ...key, connection_id: connection.id, run_id: runId }]);
  const former = { connection_id: connection.id, person_ref: uuidv7(), external_id: 'a' };
  await insertRows(pool, 'former_person_ref', [{ ...key, ...former }]);
  const photo = { contact_id: contactId, connection_id: connection.id, external_id: 'a', type: 'image/png' };
  const bytes = Buffer.from('photo');
  await insertRows(pool, 'contact_photo', [{ ...key, ...photo, hash: bytes, bytes }]);
  await insertRows(pool, 'merged_contact', [{ ...key, dropped_id: uuidv7(), kept_id: contactId }]);
  const ofConnection = { ...key, connection_id: connection.id };
  await insertRows(pool, 'quality_read', [{ ...ofConnection, number: 1, counts: {} }]);
  const finding = { kind: 'STRAY_SPACE', about: 'ia', field: 'CITY', since: 1, person: 'cn=a', message: '' };
  await insertRows(pool, 'quality_finding', [{ ...ofConnection, ...finding }]);
  await insertRows(pool, 'quality_doubt', [{ ...ofConnection, external_id: 'a', hash: bytes }]);
  const fileId = uuidv7();
  await insertRows(pool, 'connection_file', [{ ...key, id: fileId, connection_id: connection.id, name: 'people.csv' }]);
  await insertRows(pool, 'connection_file_part', [{ ...key, file_id: fileId, part: 0, bytes: Buffer.from('id') }]);
  const mark = { connection_id: connection.id, cron: '* * * * *', time_zone: 'UTC', looked_at: new Date() };
  await insertRows(pool, 'schedule_mark', [{ ...key, ...mark }]);
  await insertRows(pool, 'connection_watch', [{ ...key, connection_id: connection.id, version: 1 }]);
}

const walledTables = async (): Promise<{ name: string; walled: boolean; readable: boolean; writable: boolean }[]> => {
  const { rows } = await rig.database.syncPool.query(`
    SELECT pg_class.relname AS name, pg_class.relrowsecurity AS walled,
      has_table_privilege('kdesk_contact_sync_api', pg_class.oid, 'SELECT') AS readable,
      has_table_privilege('kdesk_contact_sync_api', pg_class.oid, 'INSERT') AS writable
    FROM pg_class JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid AND pg_attribute.attname = 'workspace_id'
    WHERE pg_class.relkind IN ('r', 'p') AND pg_class.relnamespace = 'public'::regnamespace ORDER BY 1`);
  return rows;
};

beforeAll(async () => {
  rig = await openRig();
  [ours, theirs] = [(await rig.workspace()).id, (await rig.workspace()).id];
  await fill(ours);
  await fill(theirs);
});

afterAll(() => rig?.close());

/** What the API's role sees if our code forgets WHERE, or both WHERE and the transaction. */
const seen = (table: string, workspaceId: string | null): Promise<{ workspace_id: string }[]> =>
  rig.database.apiSource.transaction(async (entities) => {
    if (workspaceId !== null) await entities.query(`SELECT set_config('app.workspace_id', $1, true)`, [workspaceId]);
    return entities.query(`SELECT * FROM "${table}"`);
  });

describe('row-level security', () => {
  test('is on for every table with a workspace', async () => {
    const tables = await walledTables();
    expect(tables.length).toBeGreaterThanOrEqual(8);
    expect(tables.filter(({ walled }) => !walled)).toEqual([]);
  });

  test('is on for the workspaces themselves', async () => {
    const { apiSource } = rig.database;
    expect(await apiSource.query('SELECT * FROM workspace')).toEqual([]);
    expect((await seen('workspace', ours)).length).toBe(1);
  });

  test('lets the API see only the row of its workspace, and no row without a workspace', async () => {
    const tables = (await walledTables()).filter(({ readable }) => readable);
    expect(tables.length).toBeGreaterThanOrEqual(8);
    for (const { name } of [...tables, { name: 'contact_of_workspace' }]) {
      const { rows } = await rig.database.syncPool.query(
        `SELECT count(DISTINCT workspace_id)::int AS n FROM "${name}"`,
      );
      if (name !== 'contact_of_workspace') expect({ name, n: rows[0].n }).toEqual({ name, n: 2 });
      expect(await rig.database.apiSource.query(`SELECT * FROM "${name}"`)).toEqual([]);
      expect(await seen(name, null)).toEqual([]);
      expect((await seen(name, ours)).map((row) => row.workspace_id)).toEqual([ours]);
      expect(await seen(name, uuidv7())).toEqual([]);
      // After a transaction, its setting is an empty text. That is no workspace either.
      expect(await rig.database.apiSource.query(`SELECT * FROM "${name}"`)).toEqual([]);
    }
  });

  test('refuses to insert into, or move to, another workspace', async () => {
    const { apiSource } = rig.database;
    await expect(
      apiSource.transaction(async (entities) => {
        await entities.query(`SELECT set_config('app.workspace_id', $1, true)`, [ours]);
        await entities.query('INSERT INTO fills VALUES ($1, $2, $3)', [theirs, uuidv7(), {}]);
      }),
    ).rejects.toThrow('row-level security');
    await expect(
      apiSource.transaction(async (entities) => {
        await entities.query(`SELECT set_config('app.workspace_id', $1, true)`, [ours]);
        await entities.query('UPDATE fills SET workspace_id = $1', [theirs]);
      }),
    ).rejects.toThrow('row-level security');
    await expect(apiSource.query('INSERT INTO fills VALUES ($1, $2, $3)', [ours, uuidv7(), {}])).rejects.toThrow(
      'row-level security',
    );
  });

  test('keeps a forgotten WHERE from changing or deleting another workspace’s rows', async () => {
    const left = await rig.database.apiSource.transaction(async (entities) => {
      await entities.query(`SELECT set_config('app.workspace_id', $1, true)`, [ours]);
      return entities.query('DELETE FROM fills');
    });
    expect(left[1]).toBe(1);
    const { rows } = await rig.database.syncPool.query('SELECT workspace_id FROM fills');
    expect(rows).toEqual([{ workspace_id: theirs }]);
  });

  test('can’t be avoided: the role owns nothing and has no right to do so', async () => {
    const { rows } = await rig.database.syncPool.query(`
      SELECT rolsuper, rolbypassrls, rolcanlogin,
        (SELECT count(*)::int FROM pg_class WHERE relowner = pg_roles.oid) AS owned
      FROM pg_roles WHERE rolname = 'kdesk_contact_sync_api'`);
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcanlogin: false, owned: 0 }]);
  });
});
