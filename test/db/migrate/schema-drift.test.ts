import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { entities } from '../../../src/db/entities/entities.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

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
])('%s is noticed', async (_, change, back) => {
  await source.query(change);
  expect(await drift()).not.toEqual([]);
  await source.query(back);
  expect(await drift()).toEqual([]);
});

test('conditions, kinds and collations, which TypeORM does not compare, are as expected', async () => {
  const indexes: { name: string; definition: string }[] = await source.query(
    `SELECT indexname AS name, substring(indexdef FROM 'USING .*') AS definition
     FROM pg_indexes JOIN pg_class ON pg_class.oid = format('%I.%I', schemaname, tablename)::regclass
     WHERE schemaname = 'public' AND NOT pg_class.relispartition AND (indexdef LIKE '% WHERE %' OR indexdef NOT LIKE '%USING btree%') ORDER BY 1`,
  );
  expect(Object.fromEntries(indexes.map(({ name, definition }) => [name, definition]))).toEqual({
    connection_continuous: 'USING btree (workspace_id, id) WHERE continuous',
    connection_file_current:
      'USING btree (workspace_id, connection_id) WHERE ((uploaded_at IS NOT NULL) AND (NOT superseded))',
    contact_by_manager: 'USING btree (workspace_id, manager_ref, name_key, id) WHERE (manager_ref IS NOT NULL)',
    contact_by_search: 'USING gin (search)',
    contact_due_for_removal: 'USING btree (workspace_id, name_key, id) WHERE (removal_due_at IS NOT NULL)',
    contact_email_of_active: `USING btree (workspace_id, email_key) WHERE ((status = 'ACTIVE'::text) AND (email_key IS NOT NULL))`,
    contact_email_of_inactive: `USING btree (workspace_id, email_key) WHERE ((status = 'INACTIVE'::text) AND (email_key IS NOT NULL))`,
    contact_link_by_person: 'USING hash (person_ref) WHERE (person_ref IS NOT NULL)',
    contact_link_photo_due: 'USING btree (workspace_id, connection_id, external_id) WHERE photo_due',
    contact_of_person: 'USING btree (workspace_id, person_key) WHERE (person_key IS NOT NULL)',
    plan_row_removal: `USING btree (workspace_id, run_id, contact_id) WHERE ("position" < 1000000000)`,
    quality_finding_ended: 'USING btree (workspace_id, connection_id, until) WHERE (until IS NOT NULL)',
    run_log_batch: 'USING btree (workspace_id, run_id, last_position) WHERE (first_position IS NOT NULL)',
  });
  for (const { tableName, columns } of source.entityMetadatas) {
    const found: { name: string }[] = await source.query(
      `SELECT column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name = $1 AND collation_name = 'C' ORDER BY 1`,
      [tableName],
    );
    const bytewise = columns.filter(({ collation }) => collation === 'C').map(({ databaseName }) => databaseName);
    expect([tableName, found.map(({ name }) => name)]).toEqual([tableName, bytewise.sort()]);
  }
});
