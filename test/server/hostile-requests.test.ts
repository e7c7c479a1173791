import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { collect, type Data, startApi, type TestApi } from '../support/api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

function host() {
  return new URL(api.url);
}

/** All that arrives on a bare connection until the other side closes it. */
async function rawAnswer(request: string): Promise<string> {
  const socket = connectTcp(Number(host().port), host().hostname);
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(request);
  await closed;
  return answer;
}

async function socketThat(...messages: string[]) {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const acknowledged = once(socket, 'message');
  acknowledged.catch(() => undefined);
  const closed = once(socket, 'close');
  for (const [number, message] of messages.entries()) {
    if (number > 0) await acknowledged;
    socket.send(message);
  }
  const [code, reason] = await closed;
  return { code, reason: String(reason) };
}

function init(payload: object) {
  return JSON.stringify({ type: 'connection_init', payload });
}

function codes({ errors }: { errors?: Data[] }) {
  return errors?.[0]?.extensions.code;
}

/** The error code of the same request on each transport. */
async function everywhere(query: string): Promise<unknown[]> {
  const [bySse] = await collect(api.overSse(query));
  const overWebSocket = await collect(api.overWebSocket(query)).then(
    ([answer]) => codes(answer ?? {}),
    (errors: Data) => errors[0].extensions.code,
  );
  return [codes(await api.request(query)), codes(bySse ?? {}), overWebSocket];
}

describe('a document made to take long', () => {
  const fragments = (number: number, of: (n: number) => string) =>
    Array.from({ length: number }, (_, n) => `fragment f${n} on Query { ${of(n)} }`).join(' ');

  test.each([
    [
      'fragments that spread each other twice',
      `{ ...f0 } ${fragments(60, (n) => `...f${n + 1} ...f${n + 1}`)} fragment f60 on Query { viewer { id } }`,
      'BAD_USER_INPUT',
    ],
    [
      'introspection a hundred times',
      `{ ${Array.from({ length: 100 }, (_, n) => `a${n}: __schema { types { name fields { name type { name } } } }`).join(' ')} }`,
      'BAD_USER_INPUT',
    ],
    [
      '900 counts',
      `{ ${Array.from({ length: 600 }, (_, n) => `c${n}: contacts { totalCount }`).join(' ')} }`,
      'BAD_USER_INPUT',
    ],
    [
      'a list within lists',
      `{ connection(id: ${'['.repeat(1500)}${']'.repeat(1500)}) { id } }`,
      'GRAPHQL_PARSE_FAILED',
    ],
    [
      'objects within objects',
      `{ connection(id: ${'{a: '.repeat(900)}1${'}'.repeat(900)}) { id } }`,
      'GRAPHQL_PARSE_FAILED',
    ],
    ['selections within selections', '{ viewer '.repeat(1500), 'GRAPHQL_PARSE_FAILED'],
  ])('%s: is refused alike on every transport', async (_what, query, code) => {
    expect(await everywhere(query)).toEqual([code, code, code]);
  });

  test('answers a subscription by POST with the place to send it to', async () => {
    const answer = await api.post({ query: 'subscription { runsChanged { id } }' }, api.token);
    expect([answer.status, codes(JSON.parse(await answer.text()))]).toEqual([400, 'BAD_USER_INPUT']);
  });
});

describe('an answer', () => {
  test('of many megabytes is refused before it is written out, on every transport', async () => {
    const value = 'x'.repeat(60_000);
    const input = {
      name: 'Large',
      source: { ldap: { urls: ['ldap://h'], baseDns: ['dc=x'] } },
      mappings: [
        { field: 'DISPLAY_NAME', attributes: ['cn'] },
        { field: 'NOTES', value },
      ],
    };
    const saved = await api.ask(
      'mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { connection { id } } }',
      { input },
    );
    const { id } = saved.createConnection.connection;
    const named = (count: number) => Array.from({ length: count }, (_, n) => `m${n}: mappings { value }`).join(' ');
    const query = (count: number) => `{ connection(id: "${id}") { ${named(count)} } }`;
    expect(await everywhere(query(200))).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
    const { connection } = await api.ask(query(20));
    expect(connection.m19[1].value).toBe(value);
  });
});

describe('variables', () => {
  test('that are no values of their types get few and short error messages', async () => {
    const query =
      'mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { userErrors { code } } }';
    const input = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`x${n}`, 'y'.repeat(15_000)]));
    const answer = await api.post({ query, variables: { input } }, api.token);
    const text = await answer.text();
    expect([answer.status, codes(JSON.parse(text))]).toEqual([400, 'BAD_USER_INPUT']);
    expect(text.length).toBeLessThan(10_000);
  });
});

describe('a body', () => {
  test.each(['/graphql', '/graphql/stream'])(
    'for %s is not waited for, let alone read, before sign-in',
    async (path) => {
      const answer = await rawAnswer(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
      expect(answer).toContain('UNAUTHENTICATED');
    },
  );

  test('that is too large is refused before its end, which may never come', async () => {
    const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer ${api.token}\r\n`;
    const bodies = [
      `Content-Length: ${1024 * 1024 + 1}\r\n\r\n{`,
      `Transfer-Encoding: chunked\r\n\r\n110000\r\n${' '.repeat(0x110000)}\r\n`,
    ];
    for (const body of bodies) {
      const answer = await rawAnswer(`${head}${body}`);
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toContain('A request has at most 1 MB.');
    }
  });

  test.each([
    ['deep lists', `{"query":"{ viewer { id } }","variables":{"a":${'['.repeat(64)}${']'.repeat(64)}}}`],
    ['deep objects', `{"query":"{ viewer { id } }","variables":${'{"a":'.repeat(400_00)}1${'}'.repeat(400_00)}}`],
    ['deep lists behind a quote', `{"query":"\\\\\\"","variables":{"a":"\\"","b":${'['.repeat(64)}${']'.repeat(64)}}}`],
  ])('of %s is not parsed', async (_what, body) => {
    for (const path of ['/graphql', '/graphql/stream']) {
      const answer = await api.post(body, api.token, path);
      expect([answer.status, codes(JSON.parse(await answer.text()))]).toEqual([400, 'BAD_REQUEST']);
    }
  });

  test('in another encoding, which could hide brackets, is not read', async () => {
    const answer = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-16le', authorization: `Bearer ${api.token}` },
      body: Buffer.from('{"query":"{ viewer { id } }"}', 'utf16le'),
    });
    expect([answer.status, codes(JSON.parse(await answer.text()))]).toEqual([400, 'BAD_REQUEST']);
  });

  test('with brackets in its texts is read', async () => {
    const query = 'query ($id: ID!) { connection(id: $id) { id } }';
    expect(await api.ask(query, { id: '[{"\\'.repeat(100) })).toEqual({ connection: null });
  });
});

describe('a WebSocket', () => {
  test('closes on a large message before sign-in, and takes a larger one afterwards', async () => {
    expect(await socketThat(init({ authorization: 'x'.repeat(40_000) }))).toMatchObject({ code: 1009 });
    const padded = JSON.stringify({
      id: '1',
      type: 'subscribe',
      payload: { query: '{ viewer { id } }', variables: { x: 'y'.repeat(900_000) } },
    });
    const end = JSON.stringify({ type: 'nonsense' });
    expect(await socketThat(init({ authorization: `Bearer ${api.token}` }), padded, end)).toMatchObject({ code: 4400 });
    const tooLarge = 'x'.repeat(1024 * 1024 + 1);
    expect(await socketThat(init({ authorization: `Bearer ${api.token}` }), tooLarge)).toMatchObject({ code: 1009 });
  });

  test('closes on a deep message, before and after sign-in', async () => {
    const deep = `{"type":"ping","payload":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`;
    const expected = { code: 4400, reason: 'A request is at most 64 levels deep.' };
    expect(await socketThat(deep)).toEqual(expected);
    expect(await socketThat(init({ authorization: `Bearer ${api.token}` }), deep)).toEqual(expected);
  });
});

describe('every answer forbids browsers to guess its content type', () => {
  test('the answer to a request with an unsupported Expect header', async () => {
    const answer = await rawAnswer('POST /graphql HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nContent-Length: 9\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 417 /);
    expect(answer).toMatch(/nosniff/i);
  });

  test.each([
    ['GET', '/healthz'],
    ['GET', '/readyz'],
    ['GET', '/'],
    ['GET', '/nowhere'],
    ['GET', '/runs/x/log.txt'],
    ['GET', '/graphql/stream?query={viewer{id}}'],
    ['GET', '/graphql/stream'],
    ['POST', '/graphql'],
    ['DELETE', '/graphql'],
    ['GET', '/%c0%af/..%2f'],
  ])('%s %s', async (method, path) => {
    for (const authorization of [`Bearer ${api.token}`, 'Bearer nonsense']) {
      const answer = await fetch(`${api.url}${path}`, { method, headers: { authorization } });
      await answer.body?.cancel();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test.each([
    ['what is no HTTP', 'nonsense\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ['an upgrade elsewhere', 'GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 404],
    [
      'an upgrade without a key',
      'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      400,
    ],
  ])('%s', async (_what, request, status) => {
    const answer = await rawAnswer(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff');
  });
});

describe('a token that expires', () => {
  test.each([
    ['in the year 30 million', 9e14],
    ['never, as far as numbers go', 1e300],
    ['in 25 days, longer than a timer can be set for', Math.floor(Date.now() / 1000) + 25 * 86_400],
    ['in the middle of a second', Math.floor(Date.now() / 1000) + 3600.5],
  ])('%s is accepted on every transport', async (_when, exp) => {
    const token = await api.keys.sign({ workspace: api.workspace, permissions: ['CONTACT_SYNC_VIEW'] }, exp);
    const query = '{ viewer { id } }';
    expect((await api.request(query, {}, token)).data).toEqual({ viewer: { id: 'person-1' } });
    expect((await api.get('/runs/x/log.txt', token)).status).toBe(404);
    expect((await collect(api.overSse(query, {}, token)))[0]?.data).toEqual({ viewer: { id: 'person-1' } });
    const stream = await fetch(`${api.url}/graphql/stream?query=subscription{runsChanged{id}}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const reader = stream.body?.getReader();
    await reader?.read();
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const closed: unknown[] = [];
    socket.on('close', (code) => closed.push(code));
    const said = [init({ authorization: `Bearer ${token}` }), '{"type":"ping"}', '{"type":"ping"}'];
    for (const message of said) {
      const answer = once(socket, 'message');
      socket.send(message);
      await answer;
    }
    // Both are still open after a request that takes longer than a timer without a delay.
    await api.ask('{ connections { totalCount } }');
    expect(closed).toEqual([]);
    const event = reader?.read();
    expect(await Promise.race([event, api.ask(query).then(() => 'nothing was said')])).toBe('nothing was said');
    socket.close();
    await reader?.cancel();
  });

  test.each([
    ['before 1970', -1],
    ['at no time', null],
    ['at a text', '4102444800'],
    ['just now', Math.floor(Date.now() / 1000)],
  ])('%s is refused on every transport', async (_when, exp) => {
    const claims = { workspace: api.workspace, permissions: ['CONTACT_SYNC_VIEW'], exp: exp as number };
    const token = await api.keys.sign(claims, null);
    for (const path of ['/graphql/stream?query={viewer{id}}', '/runs/x/log.txt'])
      expect((await api.get(path, token)).status).toBe(401);
    expect((await api.request('{ viewer { id } }', {}, token)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(await socketThat(init({ authorization: `Bearer ${token}` }))).toMatchObject({ code: 4403 });
  });
});
