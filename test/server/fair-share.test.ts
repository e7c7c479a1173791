import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { startApp } from '../../src/app.ts';
import { Permission } from '../../src/core/access.ts';
import { collect, configOf, createClients, environment, startApi, type TestApi } from '../support/api.ts';

const everything = Object.values(Permission);
const heavy = '{ connections { nodes { id } } }';

let api: TestApi;
let owner: pg.Client;

beforeAll(async () => {
  api = await startApi(
    { OPERATION_TIMEOUT_SECONDS: '2' },
    {
      databaseConnections: 4,
      operations: 3,
      operationsPerWorkspace: 2,
      operationsPerToken: 2,
      waitingPerToken: 10,
      socketsPerToken: 3,
      streamsPerSocket: 2,
      streamsPerToken: 2,
    },
  );
  owner = new pg.Client({ connectionString: api.databaseUrl });
  await owner.connect();
  await api.ask(
    `mutation { createConnection(input: { name: "Slow", source: { ldap: { urls: ["ldap://d"], baseDns: ["dc=d"] } } }) { connection { id } userErrors { message } } }`,
  );
  // Each read of this workspace's connections waits for ten minutes.
  await owner.query(
    `CREATE POLICY slow ON connection AS RESTRICTIVE USING (workspace_id <> '${api.workspace}' OR pg_sleep(600) IS NOT NULL)`,
  );
});

afterAll(async () => {
  await owner?.end();
  await api?.close();
});

async function asleep(): Promise<number> {
  const { rows } = await owner.query(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
  );
  return rows[0].n;
}

async function untilAsleep(count: number): Promise<void> {
  while ((await asleep()) !== count);
}

function post(query: string, token: string, signal?: AbortSignal) {
  return fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
    signal,
  });
}

function otherWorkspace() {
  return api.keys.sign({ workspace: randomUUID(), permissions: everything });
}

describe('many heavy operations of one workspace', () => {
  test('leave other workspaces their turns, are bounded, and end when the client leaves', async () => {
    const client = new AbortController();
    const many = Array.from({ length: 12 }, () => post(heavy, api.token, client.signal));
    const ends = Promise.allSettled(many);
    await untilAsleep(2);
    const token = await otherWorkspace();
    for (let nth = 0; nth < 20; nth++) {
      const answer = await post(heavy, token);
      expect({ status: answer.status, body: await answer.json() }).toEqual({
        status: 200,
        body: { data: { connections: { nodes: [] } } },
      });
    }
    const refused = await post(heavy, api.token);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) } }],
    });
    const [overSse] = await collect(api.overSse(heavy));
    expect(overSse?.errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
    client.abort();
    await ends;
    await untilAsleep(0);
  });

  test('end at the deadline, and so do their statements in the database', async () => {
    const answer = await post(heavy, api.token);
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'TIMEOUT' } }] });
    expect(await asleep()).toBe(0);
    const [overWebSocket] = await collect(api.overWebSocket(heavy));
    expect(overWebSocket?.errors?.[0]?.extensions.code).toBe('TIMEOUT');
    expect(await asleep()).toBe(0);
  });

  test('can’t be sent as one batch', async () => {
    const batch = JSON.stringify([{ query: '{ viewer { id } }' }, { query: '{ viewer { id } }' }]);
    for (const path of ['/graphql', '/graphql/stream']) {
      const answer = await api.post(batch, api.token, path);
      expect(answer.status).toBe(400);
    }
  });
});

describe('sockets and streams', () => {
  async function open(token: string) {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
    return socket;
  }
  const said = async (socket: WebSocket): Promise<string> => {
    const message = once(socket, 'message').then(([data]) => JSON.parse(String(data)).type);
    return Promise.race([message, once(socket, 'close').then(([code]) => String(code))]);
  };

  test('are bounded by token: one more is closed with 4429, until another has closed', async () => {
    const token = await otherWorkspace();
    const sockets: WebSocket[] = [];
    for (let nth = 0; nth < 3; nth++) {
      const socket = await open(token);
      expect(await said(socket)).toBe('connection_ack');
      sockets.push(socket);
    }
    expect(await said(await open(token))).toBe('4429');
    const other = await open(await otherWorkspace());
    expect(await said(other)).toBe('connection_ack');
    other.close();
    const [first] = sockets;
    const closed = first && once(first, 'close');
    first?.close();
    await closed;
    let again = await said(await open(token));
    while (again === '4429') again = await said(await open(token));
    expect(again).toBe('connection_ack');
    for (const socket of sockets) socket.close();
  });

  test('are bounded by socket: one more closes it with 4429', async () => {
    const socket = await open(await otherWorkspace());
    expect(await said(socket)).toBe('connection_ack');
    const closed = once(socket, 'close');
    for (const id of ['1', '2', '3']) {
      socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query: 'subscription { runsChanged { id } }' } }));
    }
    expect((await closed)[0]).toBe(4429);
  });

  test('by server-sent events are refused with RATE_LIMITED', async () => {
    const token = await otherWorkspace();
    const query = encodeURIComponent('subscription { runsChanged { id } }');
    const client = new AbortController();
    const stream = () =>
      fetch(`${api.url}/graphql/stream?query=${query}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: client.signal,
      });
    expect([(await stream()).status, (await stream()).status, (await stream()).status]).toEqual([200, 200, 429]);
    client.abort();
  });

  test('that begin after Contact Sync was turned off are refused at once, however often it is switched', async () => {
    const token = await otherWorkspace();
    const turn = (on: boolean) =>
      post(`mutation { setContactSyncEnabled(enabled: ${on}) { viewer { id } } }`, token).then((answer) =>
        answer.json(),
      );
    for (let nth = 0; nth < 3; nth++) {
      await turn(true);
      const stream = api.overSse('subscription { runsChanged { id } }', {}, token);
      await stream.return?.();
      await turn(false);
      const [refused] = await collect(api.overSse('subscription { runsChanged { id } }', {}, token));
      expect(refused?.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });
});

/** A proxy in front of the database that can be closed, so that the database seems to be gone. */
async function doorTo(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  const open = async () => {
    server = createServer((socket) => {
      const other = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [socket, other],
        [other, socket],
      ] as const) {
        sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) port = address.port;
  };
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await closed;
  };
  await open();
  const through = (from: string) => {
    const changed = new URL(from);
    changed.port = String(port);
    return changed.href;
  };
  return { open, close, through };
}

test('while the database is gone, answers are UNAVAILABLE with 503, and the service recovers by itself', async () => {
  const door = await doorTo(api.databaseUrl);
  const env = environment(door.through(api.databaseUrl), api.keys.path, {
    API_DATABASE_URL: door.through(api.apiDatabaseUrl),
  });
  const logged: { time: number; msg: string }[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const app = await startApp(configOf(env), { logger });
  const clients = createClients(app.url ?? '', await otherWorkspace());
  const query = '{ contacts { nodes { id } } }';
  expect((await clients.request(query)).errors).toBeUndefined();
  expect((await clients.get('/readyz')).status).toBe(200);

  await door.close();
  const answers = await Promise.all(Array.from({ length: 5 }, () => clients.request(query)));
  expect(answers.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(answers.map(() => 'UNAVAILABLE'));
  const token = await otherWorkspace();
  const refused = await clients.post({ query }, token);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
  expect((await clients.get(`/runs/${randomUUID()}/log.txt`)).status).toBe(503);
  let ready = (await clients.get('/readyz')).status;
  while (ready === 200) ready = (await clients.get('/readyz')).status;
  expect(ready).toBe(503);
  const [overSse] = await collect(clients.overSse(query));
  expect(overSse?.errors?.[0]?.extensions.code).toBe('UNAVAILABLE');

  for (const kind of ["Requests can't be answered", 'A connection to the database was lost']) {
    const times = logged.filter(({ msg }) => msg.startsWith(kind)).map(({ time }) => time);
    expect(times.length).toBeGreaterThan(0);
    const apart = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(apart.filter((ms) => ms < 950)).toEqual([]);
  }

  await door.open();
  let answer = await clients.request(query);
  while (answer.errors !== undefined) answer = await clients.request(query);
  while ((await clients.get('/readyz')).status !== 200);
  await clients.closeAll();
  await app.close();
  await door.close();
});
