import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { entities } from '../../src/db/entities/entities.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let source: DataSource;

beforeAll(async () => {
  database = await createDatabase();
  source = new DataSource({ type: 'postgres', url: database.url, entities, installExtensions: false });
  await source.initialize();
});

afterAll(async () => {
  await source?.destroy();
  await database?.close();
});

const drift = async (): Promise<string[]> =>
  (await source.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);

test('after all migrations, the entities and the database agree', async () => {
  expect(await drift()).toEqual([]);
});

test.each([
  ['a column that is missing', 'ALTER TABLE fills DROP COLUMN fields', 'ALTER TABLE fills ADD fields jsonb NOT NULL'],
  ['a column too many', 'ALTER TABLE fills ADD extra text', 'ALTER TABLE fills DROP COLUMN extra'],
  [
    'a type of another kind',
    'ALTER TABLE run ALTER progress TYPE real',
    'ALTER TABLE run ALTER progress TYPE double precision',
  ],
  [
    'a column that may be empty',
    'ALTER TABLE contact ALTER name_key DROP NOT NULL',
    'ALTER TABLE contact ALTER name_key SET NOT NULL',
  ],
  [
    'an index that is missing',
    'DROP INDEX contact_by_company',
    'CREATE INDEX contact_by_company ON contact (workspace_id, company_key, id)',
  ],
  [
    'an index with another condition',
    `DROP INDEX run_not_ended; CREATE UNIQUE INDEX run_not_ended ON run (workspace_id, connection_id) WHERE status = 'QUEUED'`,
    `DROP INDEX run_not_ended; CREATE UNIQUE INDEX run_not_ended ON run (workspace_id, connection_id) WHERE status IN ('QUEUED', 'RUNNING', 'HELD')`,
  ],
])('%s is noticed', async (_, change, back) => {
  await source.query(change);
  expect(await drift()).not.toEqual([]);
  await source.query(back);
  expect(await drift()).toEqual([]);
});
