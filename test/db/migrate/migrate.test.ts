import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../../src/db/migrate/migrate.ts';
import { migrations, migrationsPending } from '../../../src/db/migrate/migrations.ts';
import { poolQuery } from '../../../src/db/query.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

let migrated: TestDatabase;
let owner: pg.Client;

beforeAll(async () => {
  migrated = await createDatabase();
  owner = new pg.Client({ connectionString: migrated.url });
  await owner.connect();
});

afterAll(async () => {
  await owner?.end();
  await migrated?.close();
});

const names = migrations.map(({ name }) => name);

async function emptyDatabase(): Promise<{ url: string; drop: () => Promise<unknown> }> {
  const name = `empty_${randomUUID().replaceAll('-', '')}`;
  await owner.query(`CREATE DATABASE ${name}`);
  return { url: migrated.url.replace(/[^/]+$/, name), drop: () => owner.query(`DROP DATABASE ${name} WITH (FORCE)`) };
}

describe('migrating', () => {
  test('has been done in a clone of the template, and does nothing the second time', async () => {
    expect(await migrationsPending(poolQuery(owner))).toEqual([]);
    expect(await migrate(migrated.url)).toEqual([]);
  });

  test('by two processes at the same moment happens once', async () => {
    const empty = await emptyDatabase();
    const client = new pg.Client({ connectionString: empty.url });
    await client.connect();
    expect(await migrationsPending(poolQuery(client))).toEqual(names);
    const ran = await Promise.all([migrate(empty.url), migrate(empty.url), migrate(empty.url)]);
    expect(ran.flat()).toEqual(names);
    expect(await migrationsPending(poolQuery(client))).toEqual([]);
    await client.end();
    await empty.drop();
  });

  test('with a login that may not make roles says what an administrator must do', async () => {
    const login = `poor_${randomUUID().replaceAll('-', '')}`;
    await owner.query(`CREATE ROLE ${login} LOGIN PASSWORD 'x'`);
    // The last session may still exist when the database is dropped, so the owner must have the right to end it.
    await owner.query(`GRANT ${login} TO CURRENT_USER`);
    const empty = await emptyDatabase();
    const url = new URL(empty.url);
    url.username = login;
    url.password = 'x';
    await owner.query(`GRANT ALL ON DATABASE ${url.pathname.slice(1)} TO ${login}`);
    const inside = new pg.Client({ connectionString: empty.url });
    await inside.connect();
    await inside.query(`GRANT ALL ON SCHEMA public TO ${login}`);
    await expect(migrate(url.href)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      hint: expect.stringContaining('CREATEROLE'),
    });
    await owner.query(`GRANT kdesk_contact_sync_api TO ${login}`);
    expect(await migrate(url.href)).toEqual(names);
    await inside.end();
    await empty.drop();
    await owner.query(`DROP ROLE ${login}`);
  });

  test('with a wrong password, or nobody listening, is DATABASE_UNAVAILABLE without the password', async () => {
    const wrong = new URL(migrated.url);
    wrong.username = 'nobody_here';
    wrong.password = 'not-the-password';
    const nowhere = new URL(migrated.url);
    nowhere.port = '1';
    for (const url of [wrong.href, nowhere.href]) {
      const error = await migrate(url).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(JSON.stringify(error) + String(error)).not.toContain('not-the-password');
    }
  });
});
