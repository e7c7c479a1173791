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

test('after all migrations, the entities and the database agree', async () => {
  const { upQueries } = await source.driver.createSchemaBuilder().log();
  expect(upQueries.map(({ query }) => query)).toEqual([]);
});
