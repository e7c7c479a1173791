import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { openDatabase } from '../../../src/db/pool/open-database.ts';
import { insertContacts } from '../support/insert-rows.ts';
import { openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
let owner: pg.Client;
let ours: string;

beforeAll(async () => {
  rig = await openRig();
  owner = new pg.Client({ connectionString: rig.url });
  await owner.connect();
  for (const name of ['ours', 'theirs']) {
    const { id } = await rig.workspace();
    if (name === 'ours') ours = id;
    await insertContacts(rig.database.syncPool, id, [{ DISPLAY_NAME: name }]);
  }
});

afterAll(async () => {
  await owner?.end();
  await rig?.close();
});

/** Runs statements in a transaction of the API, like injected SQL. */
const slippedIn = (sql: string): Promise<unknown> =>
  rig.database.apiSource.transaction(async (entities) => {
    await entities.query(`SELECT set_config('app.workspace_id', $1, true)`, [ours]);
    return entities.query(sql);
  });

const names = 'SELECT display_name AS name FROM contact';

describe('SQL that is injected into a statement of the API', () => {
  test('sees only one workspace, whatever role it sets', async () => {
    const { rows } = await owner.query('SELECT current_user AS owner');
    expect(await slippedIn(names)).toEqual([{ name: 'ours' }]);
    for (const way of ['RESET ROLE', 'SET ROLE NONE', 'SET SESSION AUTHORIZATION DEFAULT', 'DISCARD ALL']) {
      const outside = new pg.Client({ connectionString: rig.apiUrl, options: '-c role=kdesk_contact_sync_api' });
      await outside.connect();
      await outside.query(way);
      expect((await outside.query(names)).rows).toEqual([]);
      await outside.query(`SELECT set_config('app.workspace_id', $1, false)`, [ours]);
      expect((await outside.query(names)).rows).toEqual([{ name: 'ours' }]);
      await outside.end();
    }
    for (const role of [rows[0].owner, 'postgres', 'pg_read_all_data', 'pg_database_owner']) {
      await expect(slippedIn(`SET ROLE ${role}`)).rejects.toThrow('permission denied');
      await expect(slippedIn(`SET SESSION AUTHORIZATION ${role}`)).rejects.toThrow('permission denied');
    }
  });

  test('can’t turn row-level security off, copy files or run programs', async () => {
    const attempts = [
      'ALTER TABLE contact DISABLE ROW LEVEL SECURITY',
      'DROP POLICY contact_of_workspace ON contact',
      'ALTER TABLE contact OWNER TO CURRENT_USER',
      `COPY contact TO PROGRAM 'cat'`,
      `SELECT pg_read_file('/etc/hostname')`,
      'CREATE TABLE public.mine (id int)',
      `CREATE ROLE mine SUPERUSER`,
      `ALTER ROLE CURRENT_USER BYPASSRLS`,
      'SELECT * FROM schedule_mark',
    ];
    for (const sql of attempts)
      await expect(slippedIn(sql)).rejects.toThrow(/permission denied|must be owner|must have/);
    expect(await slippedIn(`SET row_security = off; ${names}`).catch((error: Error) => error.message)).toMatch(
      'would be affected by row-level security',
    );
  });
});

describe('a login for the API', () => {
  const made: string[] = [];

  async function login(rights = ''): Promise<{ name: string; url: string }> {
    const name = `login_${randomUUID().replaceAll('-', '')}`;
    made.push(name);
    await owner.query(`CREATE ROLE ${name} LOGIN PASSWORD 'known' ${rights}`);
    const url = new URL(rig.url);
    [url.username, url.password] = [name, 'known'];
    return { name, url: url.href };
  }

  afterAll(async () => {
    for (const name of made) await owner.query(`DROP ROLE ${name}`);
  });

  const refusal = (apiUrl: string) =>
    openDatabase({ url: rig.url, apiUrl }).then(
      () => null,
      (error: unknown) => error,
    );

  test('only has to exist', async () => {
    const { name, url } = await login();
    const database = await openDatabase({ url: rig.url, apiUrl: url });
    expect(await database.apiSource.query('SELECT session_user AS login, current_user AS role')).toEqual([
      { login: name, role: 'kdesk_contact_sync_api' },
    ]);
    await database.close();
  });

  test('that could get around row-level security is refused, with the reason', async () => {
    const creator = await login('CREATEROLE');
    expect(await refusal(creator.url)).toMatchObject({
      code: 'API_LOGIN_UNFIT',
      message: `The login of API_DATABASE_URL, ${creator.name}, has CREATEROLE.`,
    });
    expect(await refusal(rig.url)).toMatchObject({ code: 'API_LOGIN_UNFIT' });

    const group = await login();
    const member = await login(`IN ROLE ${group.name}`);
    expect(await refusal(member.url)).toMatchObject({ message: expect.stringContaining(`a member of ${group.name}`) });

    const keeper = await login();
    await owner.query(`GRANT CREATE ON SCHEMA public TO ${keeper.name}`);
    const client = new pg.Client({ connectionString: keeper.url });
    await client.connect();
    await client.query('CREATE TABLE kept (id int)');
    expect(await refusal(keeper.url)).toMatchObject({ message: expect.stringContaining('owns kept') });
    await client.query('DROP TABLE kept');
    await client.end();
    await owner.query(`REVOKE CREATE ON SCHEMA public FROM ${keeper.name}`);
  });

  test('must lead to the same database', async () => {
    const { url } = await login();
    const elsewhere = new URL(url);
    elsewhere.pathname = '/postgres';
    expect(await refusal(elsewhere.href)).toMatchObject({ message: expect.stringContaining('another database') });
  });

  test('with a wrong password is reported without the password', async () => {
    const url = new URL((await login()).url);
    url.password = 'not-the-password';
    const error = await refusal(url.href);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', hint: expect.stringContaining('API_DATABASE_URL') });
    expect(JSON.stringify(error) + String(error)).not.toContain('not-the-password');
  });
});
