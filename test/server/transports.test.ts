import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { WebSocket } from 'ws';
import { collect, type Data, startApi, type TestApi } from '../support/api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const runsChanged = 'subscription { runsChanged { id } }';

/** A bare socket, to see the messages of the protocol. */
function connect(path = '/graphql', protocol = 'graphql-transport-ws') {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}`, protocol);
  const messages: Data[] = [];
  const wanted: { type: string; resolve: (message: Data) => void }[] = [];
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    messages.push(message);
    for (const one of wanted) if (one.type === message.type) one.resolve(message);
  });
  return {
    socket,
    opened: once(socket, 'open'),
    closed: once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) })),
    send: (message: object) => socket.send(JSON.stringify(message)),
    next: (type: string) => new Promise<Data>((resolve) => wanted.push({ type, resolve })),
  };
}

async function signedIn(token: string) {
  const client = connect();
  await client.opened;
  const acknowledged = client.next('connection_ack');
  client.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await acknowledged;
  return client;
}

describe('the service', () => {
  test('is alive and ready', async () => {
    expect((await api.get('/healthz', null)).status).toBe(200);
    const ready = await api.get('/readyz', null);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  });

  test.each(['/', '/graphql', '/nowhere', '/runs/x'])('has nothing at GET %s', async (path) => {
    expect((await api.get(path)).status).toBe(404);
  });

  test('is not ready while migrations are pending', async () => {
    const client = new pg.Client({ connectionString: api.databaseUrl });
    await client.connect();
    const { rows } = await client.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_name LIKE '%migration%'`,
    );
    const table = `"${rows[0].name}"`;
    await client.query('BEGIN');
    await client.query(`CREATE TABLE kept AS SELECT * FROM ${table}`);
    await client.query(`DELETE FROM ${table}`);
    await client.query('COMMIT');
    const answer = await api.get('/readyz', null);
    await client.query(`INSERT INTO ${table} SELECT * FROM kept`);
    await client.end();
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: 'not ready', lack: 'migrations are to be run' },
    ]);
    expect((await api.get('/readyz', null)).status).toBe(200);
  });

  test('answers introspection', async () => {
    const { __schema } = await api.ask('{ __schema { queryType { name } types { name description } } }');
    expect(__schema.types.map((type: Data) => type.name)).toContain('ConnectionPage');
  });
});

describe('a request that can not be read', () => {
  test.each([
    ['no JSON', '{', 400],
    ['too large', JSON.stringify({ query: ' '.repeat(1024 * 1024) }), 413],
  ])('%s is refused without details of the service', async (_what, body, status) => {
    const answer = await api.post(body, api.token);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(JSON.parse(text).errors[0].extensions).toEqual({ code: 'BAD_REQUEST' });
    expect(text).not.toMatch(/node_modules|at .*\.[jt]s/);
  });
});

describe('a malformed document has the same code on every transport', () => {
  test.each([
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query ($first: Int!) { connections(first: $first) { totalCount } }', 'BAD_USER_INPUT'],
    ['query A { viewer { id } } query B { viewer { id } }', 'OPERATION_RESOLUTION_FAILURE'],
    [`{ ${'connection(id: "x") { runs { nodes { '.repeat(6)} id ${'} } }'.repeat(6)} }`, 'GRAPHQL_VALIDATION_FAILED'],
    [
      '{ connections(first: 200) { nodes { runs(first: 200) { nodes { log(first: 1000) { lastSeq } } } } } }',
      'BAD_USER_INPUT',
    ],
    [
      'query ($n: Int = 200) { connections(first: $n) { nodes { runs(first: $n) { nodes { log(first: $n) { lastSeq } } } } } }',
      'BAD_USER_INPUT',
    ],
    [`{ ${'viewer { id } '.repeat(4000)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['{ contacts(updatedSince: "yesterday") { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('%.60s', async (query, code) => {
    const codes = ({ errors }: { errors?: Data[] }) => errors?.[0]?.extensions.code;
    expect(codes(await api.request(query))).toBe(code);
    const [bySse] = await collect(api.overSse(query));
    expect(codes(bySse ?? {})).toBe(code);
    const overWebSocket = await collect(api.overWebSocket(query)).then(
      ([answer]) => codes(answer ?? {}),
      (errors: Data) => errors[0].extensions.code,
    );
    expect(overWebSocket).toBe(code);
  });

  test('a document that is nested too deep is refused', async () => {
    const nested = (depth: number): string =>
      depth === 0 ? '{ id }' : `{ connection { lastRun ${nested(depth - 1)} } }`;
    const { errors } = await api.request(`{ run(id: "x") ${nested(8)} }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', hint: expect.any(String) });
  });
});

describe('an internal error', () => {
  test('shows the client a reference and the operator the cause, on every transport', async () => {
    const client = new pg.Client({ connectionString: api.databaseUrl });
    await client.connect();
    await client.query('ALTER TABLE connection RENAME COLUMN description TO hidden');
    const query = '{ connections(search: "x") { totalCount nodes { id } } }';
    const answers = [
      await api.request(query),
      ...(await collect(api.overWebSocket(query))),
      ...(await collect(api.overSse(query))),
    ];
    await client.query('ALTER TABLE connection RENAME COLUMN hidden TO description');
    await client.end();
    expect(answers).toHaveLength(3);
    for (const { data, errors } of answers) {
      expect(data).toEqual({ connections: null });
      const [error] = errors ?? [];
      expect(error?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', reference: expect.any(String) });
      expect(error?.message).toBe(`Something went wrong here. Reference: ${error?.extensions.reference}`);
      expect(Object.keys(error ?? {}).toSorted()).toEqual(['extensions', 'locations', 'message', 'path']);
      expect(
        api.logged.some((line) => line.includes(error?.extensions.reference) && line.includes('description')),
      ).toBe(true);
    }
  });
});

describe('a WebSocket', () => {
  test('speaks graphql-transport-ws only at /graphql', async () => {
    const elsewhere = connect('/elsewhere');
    elsewhere.opened.catch(() => undefined);
    elsewhere.closed.catch(() => undefined);
    await expect(once(elsewhere.socket, 'open')).rejects.toThrow('404');
  });

  test('that subscribes before it signs in is closed with 4401', async () => {
    const client = connect();
    await client.opened;
    client.send({ type: 'subscribe', id: '1', payload: { query: runsChanged } });
    expect((await client.closed).code).toBe(4401);
  });

  test('is closed with 4403 when its token expires', async () => {
    const expiresAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    const client = await signedIn(
      await api.keys.sign({ workspace: api.workspace, permissions: ['CONTACT_SYNC_VIEW'] }, expiresAt),
    );
    client.send({ type: 'subscribe', id: '1', payload: { query: runsChanged } });
    const { code, reason } = await client.closed;
    expect({ code, reason }).toEqual({ code: 4403, reason: 'UNAUTHENTICATED: The access token has expired.' });
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
  });

  test('answers queries and several subscriptions at once, distinguished by id', async () => {
    const client = await signedIn(api.token);
    const tricky = 'x","type":"next","payload":"@"}';
    const answer = client.next('next');
    client.send({ type: 'subscribe', id: 'changes', payload: { query: runsChanged } });
    client.send({ type: 'subscribe', id: tricky, payload: { query: '{ viewer { id } }' } });
    expect(await answer).toEqual({ id: tricky, type: 'next', payload: { data: { viewer: { id: 'person-1' } } } });
    client.send({ type: 'complete', id: 'changes' });
    client.socket.close();
    await client.closed;
  });

  test('that sends nonsense is closed, and no other one', async () => {
    const [client, other] = [await signedIn(api.token), await signedIn(api.token)];
    client.socket.send('nonsense');
    expect((await client.closed).code).toBe(4400);
    const answer = other.next('next');
    other.send({ type: 'subscribe', id: '1', payload: { query: '{ viewer { id } }' } });
    expect((await answer).payload.data.viewer.id).toBe('person-1');
    other.socket.close();
  });
});

describe('server-sent events', () => {
  test('are sent to a client that asks for them, like curl', async () => {
    const query = encodeURIComponent('query ($first: Int) { connections(first: $first) { totalCount } }');
    const variables = encodeURIComponent('{"first": 1}');
    const answer = await api.get(`/graphql/stream?query=${query}&variables=${variables}`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await answer.text()).toBe(
      ':\n\nevent: next\ndata: {"data":{"connections":{"totalCount":0}}}\n\nevent: complete\ndata:\n\n',
    );
  });

  test('end with UNAUTHENTICATED when the token expires', async () => {
    const expiresAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
    const token = await api.keys.sign({ workspace: api.workspace, permissions: ['CONTACT_SYNC_VIEW'] }, expiresAt);
    const [answer] = await collect(api.overSse(runsChanged, {}, token));
    expect(answer?.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test('refuse a mutation by GET, and a request without a query', async () => {
    const mutation = encodeURIComponent('mutation { startAllRuns { runs { id } } }');
    expect((await api.get(`/graphql/stream?query=${mutation}`)).status).toBe(400);
    expect((await api.get('/graphql/stream')).status).toBe(400);
    expect((await api.get('/graphql/stream?query={viewer{id}}&variables=nonsense')).status).toBe(400);
  });
});

describe('an answer in plain JSON', () => {
  test.each([
    ['data', { query: '{ viewer { id } }' }],
    ['nothing found', { query: '{ run(id: "x") { id } }' }],
    ['no document', { query: '{' }],
    ['no such field', { query: '{ nothing }' }],
    ['no such operation', { query: 'query A { viewer { id } }', operationName: 'B' }],
    ['a variable missing', { query: 'query A($id: ID!) { run(id: $id) { id } }' }],
    ['a subscription', { query: 'subscription { runLog(runId: "x") { lastSeq } }' }],
  ])('has the same status, body and important headers as a negotiated one: %s', async (_, request) => {
    const answered = async (accept: string) => {
      const answer = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${api.token}`, accept },
        body: JSON.stringify(request),
      });
      const names = ['content-type', 'cache-control', 'x-content-type-options', 'retry-after'];
      const headers = Object.fromEntries(names.map((name) => [name, answer.headers.get(name)]));
      return { status: answer.status, headers, body: await answer.json() };
    };
    const plain = await answered('application/json');
    expect(await answered('application/json, text/plain;q=0.5')).toEqual(plain);
    expect(plain.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });
});
