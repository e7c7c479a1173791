import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildApiSchema } from '../../src/api/build-api-schema.ts';
import { Permission } from '../../src/core/access.ts';
import { collect, startApi, type TestApi } from '../support/api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const id = '"01890000-0000-7000-8000-000000000000"';
const connection = '{ name: "X", source: { ldap: { urls: ["ldap://x"], baseDns: ["dc=x"] } } }';

/** An operation for each root field, with the permissions that the contract requires. */
const needs: Record<string, [string, Permission, ...Permission[]]> = {
  sourceKinds: ['{ sourceKinds { kind } }', 'CONTACT_SYNC_VIEW'],
  connection: [`{ connection(id: ${id}) { id } }`, 'CONTACT_SYNC_VIEW'],
  connections: ['{ connections { totalCount } }', 'CONTACT_SYNC_VIEW'],
  run: [`{ run(id: ${id}) { id } }`, 'CONTACT_SYNC_VIEW'],
  runs: ['{ runs { totalCount } }', 'CONTACT_SYNC_VIEW'],
  contact: [`{ contact(id: ${id}) { id } }`, 'CONTACTS_VIEW'],
  contacts: ['{ contacts { totalCount } }', 'CONTACTS_VIEW'],
  createConnection: [
    `mutation { createConnection(input: ${connection}) { connection { id } } }`,
    'CONTACT_SYNC_MANAGE',
  ],
  updateConnection: [
    `mutation { updateConnection(id: ${id}, input: {}) { connection { id } } }`,
    'CONTACT_SYNC_MANAGE',
  ],
  deleteConnection: [`mutation { deleteConnection(id: ${id}) { deletedId } }`, 'CONTACT_SYNC_MANAGE'],
  testConnection: [`mutation { testConnection(connectionId: ${id}) { result { ok } } }`, 'CONTACT_SYNC_MANAGE'],
  createContact: ['mutation { createContact(input: {}) { contact { id } } }', 'CONTACTS_MANAGE'],
  updateContact: [`mutation { updateContact(id: ${id}, input: {}) { contact { id } } }`, 'CONTACTS_MANAGE'],
  deleteContacts: [`mutation { deleteContacts(ids: [${id}]) { deletedIds } }`, 'CONTACTS_MANAGE'],
  mergeContacts: [`mutation { mergeContacts(keepId: ${id}, dropId: ${id}) { contact { id } } }`, 'CONTACTS_MANAGE'],
  lockContactFields: [
    `mutation { lockContactFields(id: ${id}, fields: [COMPANY], locked: true) { contact { id } } }`,
    'CONTACTS_MANAGE',
  ],
  discoverAttributes: [
    `mutation { discoverAttributes(connectionId: ${id}) { attributes { name } } }`,
    'CONTACT_SYNC_MANAGE',
  ],
  proposeConnection: [
    'mutation { proposeConnection(source: { ldap: {} }) { proposal { baseDns } } }',
    'CONTACT_SYNC_MANAGE',
  ],
  previewConnection: [
    `mutation { previewConnection(connectionId: ${id}) { preview { included } } }`,
    'CONTACT_SYNC_MANAGE',
    'CONTACTS_VIEW',
  ],
  explainPerson: [
    `mutation { explainPerson(connectionId: ${id}, person: "ada") { explanation { found } } }`,
    'CONTACT_SYNC_MANAGE',
    'CONTACTS_VIEW',
  ],
  startRun: [`mutation { startRun(connectionId: ${id}) { run { id } } }`, 'CONTACT_SYNC_MANAGE'],
  startAllRuns: ['mutation { startAllRuns { runs { id } } }', 'CONTACT_SYNC_MANAGE'],
  cancelRun: [`mutation { cancelRun(id: ${id}) { run { id } } }`, 'CONTACT_SYNC_MANAGE'],
  approveRun: [`mutation { approveRun(id: ${id}) { run { id } } }`, 'CONTACT_SYNC_MANAGE'],
  revertRun: [`mutation { revertRun(id: ${id}) { run { id } } }`, 'CONTACT_SYNC_MANAGE'],
  revertChange: [`mutation { revertChange(id: ${id}) { contact { id } } }`, 'CONTACTS_MANAGE'],
  rejectRun: [`mutation { rejectRun(id: ${id}) { run { id } } }`, 'CONTACT_SYNC_MANAGE'],
  setContactSyncEnabled: ['mutation { setContactSyncEnabled(enabled: true) { viewer { id } } }', 'WORKSPACE_MANAGE'],
  runProgress: [`subscription { runProgress(runId: ${id}) { id } }`, 'CONTACT_SYNC_VIEW'],
  runLog: [`subscription { runLog(runId: ${id}) { lastSeq } }`, 'CONTACT_SYNC_VIEW'],
  runsChanged: [`subscription { runsChanged(connectionId: ${id}) { id } }`, 'CONTACT_SYNC_VIEW'],
  contactsChanged: [`subscription { contactsChanged(connectionId: ${id}) { cursor } }`, 'CONTACTS_VIEW'],
};

const implying: Partial<Record<Permission, Permission>> = {
  CONTACT_SYNC_VIEW: 'CONTACT_SYNC_MANAGE',
  CONTACTS_VIEW: 'CONTACTS_MANAGE',
};

const transports = ['HTTP', 'WebSocket', 'SSE'] as const;

async function codesOver(transport: (typeof transports)[number], query: string, token: string) {
  const answers =
    transport === 'HTTP'
      ? [await api.request(query, {}, token)]
      : await collect(transport === 'SSE' ? api.overSse(query, {}, token) : api.overWebSocket(query, {}, token));
  return answers.flatMap(({ errors }) => errors?.map((error) => error.extensions.code) ?? []);
}

test('there is a case for every root field but `viewer`', () => {
  const schema = buildApiSchema();
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((root) => Object.keys(root?.getFields() ?? {}));
  expect(fields.filter((field) => field !== 'viewer').toSorted()).toEqual(Object.keys(needs).toSorted());
});

describe.each(transports)('over %s', (transport) => {
  const cases = Object.entries(needs).filter(
    ([, [query]]) => transport !== 'HTTP' || !query.startsWith('subscription'),
  );

  test.each(cases)('%s is FORBIDDEN without its permission', async (_field, [query, ...permissions]) => {
    for (const permission of permissions) {
      const others = Object.values(Permission).filter((one) => one !== permission && one !== implying[permission]);
      expect(await codesOver(transport, query, await api.tokenWith(others))).toEqual(['FORBIDDEN']);
    }
  });

  test.each(cases)('%s is not FORBIDDEN with it', async (_field, [query, ...permissions]) => {
    expect(await codesOver(transport, query, await api.tokenWith(permissions))).not.toContain('FORBIDDEN');
  });
});

test('any member can ask who they are', async () => {
  const { viewer } = await api.ask('{ viewer { id permissions } }', {}, await api.tokenWith([]));
  expect(viewer).toEqual({ id: 'person-1', permissions: [] });
});

test('one refused field leaves the rest of an answer', async () => {
  const { data, errors } = await api.request(
    '{ viewer { id } connections { totalCount } contacts { totalCount } }',
    {},
    await api.tokenWith(['CONTACTS_VIEW']),
  );
  expect(data).toEqual({ viewer: { id: 'person-1' }, connections: null, contacts: { totalCount: 0 } });
  expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([[['connections'], 'FORBIDDEN']]);
});

describe('a contact, an expired token, no token', () => {
  const query = '{ viewer { id } }';

  test('are refused on HTTP with the status and the code', async () => {
    const contact = await api.tokenWith([], { kind: 'contact' });
    const expired = await api.keys.sign({ workspace: api.workspace }, new Date(Date.now() - 1000));
    for (const [token, status, code] of [
      [contact, 403, 'FORBIDDEN'],
      [expired, 401, 'UNAUTHENTICATED'],
      [null, 401, 'UNAUTHENTICATED'],
    ] as const) {
      for (const path of ['/graphql', '/graphql/stream']) {
        const answer = await api.post({ query }, token, path);
        expect(answer.status).toBe(status);
        expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code } }] });
      }
      expect((await api.get('/runs/x/log.txt', token)).status).toBe(status);
    }
  });

  test('are closed with 4403 on a WebSocket', async () => {
    const contact = await api.tokenWith([], { kind: 'contact' });
    await expect(collect(api.overWebSocket(query, {}, contact))).rejects.toMatchObject({ code: 4403 });
    await expect(collect(api.overWebSocket(query, {}, 'nonsense'))).rejects.toMatchObject({
      code: 4403,
      reason: expect.stringContaining('UNAUTHENTICATED'),
    });
  });
});

describe('with Contact Sync turned off', () => {
  const ofContactSync = Object.entries(needs).filter(([, [, permission]]) => permission.startsWith('CONTACT_SYNC'));

  test('connections, runs and logs are FORBIDDEN, and contacts can still be read', async () => {
    const turn =
      'mutation ($on: Boolean!) { setContactSyncEnabled(enabled: $on) { viewer { workspace { contactSyncEnabled } } userErrors { code } } }';
    expect((await api.ask(turn, { on: false })).setContactSyncEnabled).toEqual({
      viewer: { workspace: { contactSyncEnabled: false } },
      userErrors: [],
    });
    for (const [, [query]] of ofContactSync) {
      for (const transport of query.startsWith('subscription')
        ? (['WebSocket', 'SSE'] as const)
        : (['HTTP'] as const)) {
        expect([query, await codesOver(transport, query, api.token)]).toEqual([query, ['FORBIDDEN']]);
      }
    }
    expect((await api.get('/runs/x/log.txt')).status).toBe(403);
    expect((await api.ask('{ contacts { totalCount } }')).contacts).toEqual({ totalCount: 0 });
    await api.ask(turn, { on: true });
    expect(await codesOver('HTTP', '{ connections { totalCount } }', api.token)).toEqual([]);
  });
});
