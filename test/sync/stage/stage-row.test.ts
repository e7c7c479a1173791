import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { uuidv7 } from 'uuidv7';
import type { ContactValues } from '../../../src/core/contact.ts';
import { uuidBytes, uuidText } from '../../../src/core/uuid.ts';
import { valuesOf } from '../../../src/db/contact/contact-columns.ts';
import { copyRows } from '../../../src/db/sync/staging.ts';
import { indexed, keysText, wordsText } from '../../../src/search/contact-index.ts';
import { type Digest, digestText, hexOf } from '../../../src/sync/stage/digest.ts';
import { RowWriter } from '../../../src/sync/stage/row-writer.ts';
import { stageRow } from '../../../src/sync/stage/stage-row.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

let database: TestDatabase;
let client: pg.Client;
const workspaceId = uuidv7();
const fillsId = uuidv7();
const hash: Digest = new Uint32Array(4);
digestText('Ada', hash);

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await database?.close();
});

/** Writes rows, stores each buffer by COPY, and reads them back. */
const store = async (write: (rows: ReturnType<typeof stageRow>, writer: RowWriter) => void) => {
  const runId = uuidv7();
  const handedOver: Uint8Array[] = [];
  const writer = new RowWriter((bytes) => {
    handedOver.push(Uint8Array.from(bytes));
    // The memory is overwritten at once, so the test fails if anything still uses it.
    writer.takeBack(bytes.buffer as ArrayBuffer);
  });
  write(stageRow(writer, workspaceId, runId), writer);
  writer.flush();
  const stream = client.query(copyFrom(copyRows.command));
  for (const bytes of [copyRows.header, ...handedOver, copyRows.trailer]) stream.write(bytes);
  stream.end();
  await once(stream, 'finish');
  const { rows } = await client.query(
    `SELECT *, to_jsonb(${valuesOf('plan_row')}) AS values, encode(hash, 'hex') AS hex, search::text AS keys
     FROM plan_row WHERE workspace_id = $1 AND run_id = $2 ORDER BY position`,
    [workspaceId, runId],
  );
  return { rows, buffers: handedOver.length };
};

const person = (position: number, values: ContactValues) => ({
  position,
  action: 'CREATE' as const,
  person: 'cn=Ada\\, "Countess"\t,dc=example',
  personId: 'id\u00e9\n1',
  values,
  alternatives: undefined,
  hash,
  fillsId: uuidBytes(fillsId),
  personRef: hash,
  managerRef: null,
  indexed: indexed(values, workspaceId),
  remark: null,
  findings: [],
});

const awkward = 'tab\t line\n \\N "quoted" \u0001 \u00e9 \u674e \ud83d\ude00 ,(){}';

test.each<[string, ContactValues]>([
  ['plain text', { DISPLAY_NAME: 'Ada', PORTAL_ACCESS: true, FORMS_ACCESS: false }],
  ['signs that mean something elsewhere', { DISPLAY_NAME: awkward, NOTES: awkward.repeat(40) }],
  [
    'lists',
    {
      DISPLAY_NAME: 'Ada',
      EMAIL: [{ label: 'home "private"', value: 'ada\\@example.org' }],
      PHONE: [
        { label: 'work', value: '+44 20 1' },
        { label: awkward, value: awkward },
      ],
    },
  ],
  ['text longer than a buffer', { DISPLAY_NAME: 'Ada', NOTES: '\u00e4'.repeat(300_000) }],
])('%s is written into the plan unchanged', async (_, values) => {
  const { rows } = await store((stage) => stage.person(person(2e9 + 7, values)));
  const { emailKey, nameKey, companyKey, words, search } = indexed(values, workspaceId);
  expect(rows).toMatchObject([
    {
      position: String(2e9 + 7),
      action: 'CREATE',
      person: 'cn=Ada\\, "Countess"\t,dc=example',
      person_id: 'id\u00e9\n1',
      contact_name: null,
      fills_id: fillsId,
      person_ref: uuidText(hexOf('Ada')),
      manager_ref: null,
      hex: hexOf('Ada'),
      email_key: emailKey,
      name_key: nameKey,
      company_key: companyKey,
      words: wordsText(words),
      alternatives: null,
      remark: null,
      findings: null,
      code: null,
      reason: null,
    },
  ]);
  const empty = Object.fromEntries(Object.entries(rows[0].values).filter(([, value]) => value !== null));
  const off = Object.entries(values).filter(([, value]) => value === false);
  expect({ ...empty, ...Object.fromEntries(off) }).toEqual(values);
  expect(rows[0]).toMatchObject({ portal_access: values.PORTAL_ACCESS ?? false, forms_access: false });
  const { rows: keys } = await client.query('SELECT $1::tsvector::text AS keys', [keysText(search)]);
  expect(rows[0].keys).toBe(keys[0].keys);
});

test('alternatives, remarks and skipped people are written with their messages', async () => {
  const { rows } = await store((stage) => {
    stage.person({ ...person(1, { DISPLAY_NAME: 'A' }), alternatives: { CITY: ['\u00d8', '"'] }, remark: 'm\u00fc' });
    stage.skipped({
      position: 2,
      person: 'cn=B',
      personId: null,
      code: 'NO_ID',
      reason: '\u201eno id\u201c',
      findings: [],
    });
  });
  expect(rows).toMatchObject([
    { alternatives: { CITY: ['\u00d8', '"'] }, remark: 'm\u00fc' },
    {
      action: 'SKIP',
      person: 'cn=B',
      person_id: null,
      contact_id: null,
      contact_name: 'cn=B',
      display_name: null,
      hash: null,
      search: null,
      code: 'NO_ID',
      reason: '\u201eno id\u201c',
    },
  ]);
});

test('rows of all lengths across many reused buffers are all stored once, each with a different id', async () => {
  const count = 3000;
  const name = (i: number): string => `P${i} ${'x\u00e5'.repeat((i * 7919) % 900)}`;
  const { rows, buffers } = await store((stage) => {
    for (let i = 0; i < count; i++) stage.person(person(i, { DISPLAY_NAME: name(i) }));
  });
  expect(buffers).toBeGreaterThan(10);
  expect(rows.map(({ values }) => values.DISPLAY_NAME)).toEqual(Array.from({ length: count }, (_, i) => name(i)));
  expect(new Set(rows.map(({ contact_id }) => contact_id)).size).toBe(count);
});
