import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ContactOrder, type Page, type PageRequest, type WorkspaceStore } from '../../../src/core/store.ts';
import { feedSettled } from '../../support/postgres.ts';
import { insertContacts, insertRows, insertRun } from '../support/insert-rows.ts';
import { connectionEdit, member, openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
let store: WorkspaceStore;
let runId: string;

beforeAll(async () => {
  rig = await openRig();
  const workspace = await rig.workspace();
  store = workspace.store;
  const pool = rig.database.syncPool;
  await insertContacts(pool, workspace.id, [{ DISPLAY_NAME: 'Anna', COMPANY: 'Acme' }]);
  await store.createConnection(connectionEdit(), { bindPassword: null }, member);
  runId = await insertRun(pool, workspace.id);
  await insertRows(pool, 'plan_row', [
    {
      workspace_id: workspace.id,
      run_id: runId,
      position: 1,
      action: 'CREATE',
      person: 'cn=Anna',
      contact_name: 'Anna',
    },
  ]);
  await feedSettled(rig.url);
});
afterAll(() => rig?.close());

const anyContact = {
  search: null,
  email: null,
  externalId: null,
  status: null,
  connectionId: null,
  updatedSince: null,
  dueForRemoval: null,
};

type List = [name: string, read: (page: PageRequest) => Promise<Page<unknown>>];
const lists: List[] = [
  ...Object.values(ContactOrder).map(
    (orderBy): List => [`contacts ${orderBy}`, (page) => store.contactsPage({ ...anyContact, orderBy }, page)],
  ),
  ['connections', (page) => store.connectionsPage({ search: null, status: null, kind: null }, page)],
  ['runs', (page) => store.runsPage({ connectionId: null, status: null }, page)],
  ['changes', (page) => store.changesPage(runId, { action: null, search: null }, page)],
];

const hostileKey = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom<unknown>(
    'x\0',
    '\ud800',
    '0000-01-01T00:00:00.000Z',
    '2026-02-30T00:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    '2026-12-31T23:59:60.000Z',
    '9999-12-31T23:59:59.999Z',
    '+275760-09-13T00:00:00.000Z',
    '-000001-01-01T00:00:00.000Z',
    'infinity',
    'now',
    '2026-01-01',
    '00000000-0000-0000-0000-000000000000',
    '{00000000-0000-0000-0000-000000000000}',
    'ffffffff-ffff-ffff-ffff-fffffffffffff',
    Number.MAX_SAFE_INTEGER,
    2 ** 63,
    1e308,
    -1,
    0.5,
    true,
    'x'.repeat(100_000),
  ),
);

/** `refused`, or the page. Any other error fails the test. */
async function told([, read]: List, after: string): Promise<unknown> {
  try {
    return (await read({ first: 2, after })).nodes.length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'BAD_USER_INPUT') return 'refused';
    throw error;
  }
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');

describe.each(lists)('a cursor of %s', (...list) => {
  test('with forged keys is refused, or leads to a place in the list', async () => {
    const { endCursor } = await list[1]({ first: 1, after: null });
    const [bound, ...keys]: unknown[] = JSON.parse(Buffer.from(endCursor ?? '', 'base64url').toString());
    expect(await told(list, encoded([bound, ...keys]))).toBe(0);
    expect(await told(list, encoded([bound]))).toBe('refused');
    expect(await told(list, encoded([bound, ...keys, null]))).toBe('refused');
    const forged = keys.map((_, index) => hostileKey.map((key) => keys.with(index, key)));
    await fc.assert(
      fc.asyncProperty(fc.oneof(...forged, fc.tuple(...keys.map(() => hostileKey))), async (position) => {
        expect(['refused', 0, 1]).toContain(await told(list, encoded([bound, ...position])));
      }),
      { numRuns: 150 },
    );
  });

  test('made of any other text is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.jsonValue().map(encoded)),
        async (after) => {
          expect(await told(list, after)).toBe('refused');
        },
      ),
      { numRuns: 50 },
    );
  });
});
