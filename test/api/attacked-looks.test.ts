import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { Permission } from '../../src/core/access.ts';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { type FakeOptions, startFakeServer } from '../support/ldap-fake-server.ts';

let api: TestApi;
let admin: pg.Client;

beforeAll(async () => {
  api = await startApi();
  admin = new pg.Client({ connectionString: api.databaseUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  await api?.close();
});

const canary = 'canary-77ab';
const source = (url: string) => ({
  ldap: { urls: [url], baseDns: ['dc=example'], bindDn: 'cn=reader', bindPassword: canary, timeoutSeconds: 1 },
});

const error = 'error { code message hint } userErrors { code message }';
/** What looks at a source; each answers with what it found and the code of what went wrong. */
const looks: Record<string, { query: string; codeOf(data: Data): unknown }> = {
  test: {
    query:
      'mutation ($source: SourceInput) { answer: testConnection(source: $source) { result { ok code message checks { detail } } } }',
    codeOf: ({ answer }) => answer.result.code,
  },
  propose: {
    query: `mutation ($source: SourceInput!) { answer: proposeConnection(source: $source) { proposal { reasons } ${error} } }`,
    codeOf: ({ answer }) => answer.error?.code,
  },
  discover: {
    query: `mutation ($source: SourceInput) { answer: discoverAttributes(source: $source) { attributes { name samples } ${error} } }`,
    codeOf: ({ answer }) => answer.error?.code,
  },
  preview: {
    query: `mutation ($source: SourceInput) { answer: previewConnection(source: $source) { preview { included notes people { dn problems contact { fields { value } } } } ${error} } }`,
    codeOf: ({ answer }) => answer.error?.code,
  },
  explain: {
    query: `mutation ($id: ID!) { answer: explainPerson(connectionId: $id, person: "cn=a,dc=example") { explanation { steps { detail } } ${error} } }`,
    codeOf: ({ answer }) => answer.error?.code,
  },
};

async function variablesFor(look: string, url: string): Promise<object> {
  if (look !== 'explain') return { source: source(url) };
  const create =
    'mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { connection { id } userErrors { message } } }';
  const { createConnection } = await api.ask(create, { input: { name: randomUUID(), source: source(url) } });
  return { id: createConnection.connection.id };
}

const answerOf = async (look: string, url: string): Promise<Data> =>
  api.request(looks[look]?.query ?? '', { ...(await variablesFor(look, url)) });

/** A server whose searches are answered by somebody else. */
const taking = (answer: (id: number, socket: Socket) => void): FakeOptions => ({
  search: () => [],
  takeOver: (kind, id, socket) => {
    if (kind !== 'search') return false;
    answer(id, socket);
    return true;
  },
});

const servers: [string, string, FakeOptions][] = [
  ['is frozen', 'TIMEOUT', taking(() => {})],
  ['sends garbage', 'INVALID_RESPONSE', taking((_, socket) => void socket.write(Buffer.alloc(5000, 7)))],
];

describe.each(servers)('a directory that %s is told as %s', (_, code, options) => {
  test.each(Object.keys(looks))('%s', async (look) => {
    const server = await startFakeServer(options);
    const answer = await answerOf(look, server.url);
    await server.close();
    expect(answer.errors).toBeUndefined();
    expect(looks[look]?.codeOf(answer.data)).toBe(code);
    expect(JSON.stringify(answer)).not.toContain(canary);
    expect(api.logged).toEqual([]);
  });
});

describe('a client that leaves', () => {
  test.each(Object.keys(looks))('ends %s, and what it has open', async (look) => {
    const reached = Promise.withResolvers<Socket>();
    const server = await startFakeServer(taking((_, socket) => reached.resolve(socket)));
    const variables = await variablesFor(look, server.url);
    const client = new AbortController();
    const asked = fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${api.token}` },
      body: JSON.stringify({ query: looks[look]?.query, variables }),
      signal: client.signal,
    });
    const socket = await reached.promise;
    const closed = once(socket, 'close');
    client.abort();
    await expect(asked).rejects.toThrow();
    await closed;
    while ((await sessions()) > 0) await nextTurn();
    await server.close();
    expect(api.logged).toEqual([]);
  });
});

async function sessions(): Promise<number> {
  const { rowCount } = await admin.query(
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'contact-sync preview'",
  );
  return rowCount ?? 0;
}

test('looks at directories that do not answer keep no other operation waiting', async () => {
  const asked: Socket[] = [];
  const reached = Promise.withResolvers<void>();
  const most = 12;
  const server = await startFakeServer(
    taking((_, socket) => {
      if (asked.push(socket) === most) reached.resolve();
    }),
  );
  const tokens = await Promise.all(
    Array.from({ length: most / 2 }, () =>
      api.keys.sign({ workspace: randomUUID(), permissions: Object.values(Permission) }),
    ),
  );
  const { query } = looks.test ?? { query: '' };
  const patient = { ldap: { ...source(server.url).ldap, timeoutSeconds: 60 } };
  const underWay = tokens.flatMap((token) => [0, 1].map(() => api.request(query, { source: patient }, token)));
  // They are more than the operations that the service works on at a time.
  await reached.promise;
  expect((await api.ask('{ viewer { name } }')).viewer.name).toBe('Ada Lovelace');
  for (const socket of asked) socket.destroy();
  for (const { data } of await Promise.all(underWay)) expect(data.answer.result.ok).toBe(false);
  await server.close();
  expect((await api.ask('{ viewer { name } }')).viewer.name).toBe('Ada Lovelace');
});
