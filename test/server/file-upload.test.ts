import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';

let api: TestApi;
let directory: string;
let connection: string;

async function created(input: string): Promise<string> {
  const { createConnection } = await api.ask(
    `mutation { createConnection(input: { status: ENABLED, ${input} }) { connection { id } userErrors { message } } }`,
  );
  return createConnection.connection.id;
}

beforeAll(async () => {
  api = await startApi();
  directory = await created('name: "Directory", source: { ldap: { urls: ["ldap://h"], baseDns: ["dc=x"] } }');
});
beforeEach(async () => {
  connection = await created('name: "File", source: { csv: { idColumn: "Nr" } }');
});
afterAll(() => api?.close());

type Sent = { token?: string | null; body?: string | ReadableStream; headers?: Record<string, string>; query?: string };

function put(id: string, { token = api.token, body = 'Nr,Name\n1,Ada\n', headers = {}, query = '' }: Sent = {}) {
  return fetch(`${api.url}/connections/${id}/file${query}`, {
    method: 'PUT',
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
    body,
    ...({ duplex: 'half' } as object),
  });
}

async function shown(): Promise<Data> {
  return (
    await api.ask(
      `query ($id: ID!) { connection(id: $id) { version kind source { ... on CsvSettings {
         url hasFile fileName fileUploadedAt fileBytes idColumn nameColumn encoding separator hasAuthorization } } } }`,
      { id: connection },
    )
  ).connection;
}

/** Runs the connection to its end. */
async function run(): Promise<Data> {
  const { startRun } = await api.ask('mutation ($id: ID!) { startRun(connectionId: $id) { run { id } } }', {
    id: connection,
  });
  const progress = api.overWebSocket('subscription ($id: ID!) { runProgress(runId: $id) { status } }', {
    id: startRun.run.id,
  });
  for await (const _ of progress);
  const query = `query ($id: ID!) { run(id: $id) {
    status error { code } counts { read created updated unchanged deactivated skipped } } }`;
  return (await api.ask(query, { id: startRun.run.id })).run;
}

/** The whole answer to a raw request, until the connection ends. */
async function raw(head: string, ...pieces: (string | Buffer)[]): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(
    `PUT /connections/${connection}/file HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\n${head}\r\n\r\n`,
  );
  for (const piece of pieces) socket.write(piece);
  if (pieces.length > 0) setImmediate(() => socket.end());
  await closed;
  return answer;
}

describe('PUT /connections/:id/file', () => {
  test('stores a file that is then shown with its connection, and no edit of it', async () => {
    const empty = { url: null, hasFile: false, fileName: null, fileUploadedAt: null, fileBytes: null };
    expect(await shown()).toMatchObject({ version: 1, kind: 'CSV', source: { ...empty, idColumn: 'Nr' } });
    const answer = await put(connection, { query: '?name=people.csv' });
    const told = JSON.parse(await answer.text());
    expect([answer.status, told]).toEqual([
      200,
      { fileName: 'people.csv', bytes: 14, uploadedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    expect(await shown()).toMatchObject({
      version: 1,
      source: { hasFile: true, fileName: 'people.csv', fileUploadedAt: told.uploadedAt, fileBytes: 14 },
    });
  });

  test('feeds runs: people are created, changed and removed by what is uploaded', async () => {
    const rows = (city: string, ...ids: string[]) =>
      `Nr;Vorname;Nachname;E-Mail;Ort\r\n${ids.map((id) => `${id};Ada;L${id};${id}@example.org;${city}`).join('\r\n')}`;
    await put(connection, { body: rows('Bonn', '1', '2', '3') });
    expect(await run()).toMatchObject({ status: 'SUCCEEDED', counts: { read: 3, created: 3 } });
    await put(connection, { body: rows('Ulm', '1', '2') });
    expect(await run()).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 2, deactivated: 1 } });
    const { contacts } = await api.ask(
      '{ contacts(search: "L1") { nodes { displayName primaryEmail address { city } } } }',
    );
    expect(contacts.nodes).toEqual([
      { displayName: 'Ada L1', primaryEmail: '1@example.org', address: { city: 'Ulm' } },
    ]);
    const test_ = await api.ask(
      'mutation ($id: ID!) { testConnection(connectionId: $id) { result { ok checks { name status } } } }',
      { id: connection },
    );
    expect(test_.testConnection.result.ok).toBe(true);
  });

  test('refuses the form of a browser or of curl -F, in which the file is only a part', async () => {
    const body = '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nNr\r\n1\r\n--x--\r\n';
    const answer = await put(connection, { body, headers: { 'content-type': 'multipart/form-data; boundary=x' } });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('not a form')]);
    expect(await shown()).toMatchObject({ source: { hasFile: false } });
  });

  test('takes a stream of tens of megabytes without a length, and holds little of it in memory', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        if (sent === 40 * 1024 * 1024) return controller.close();
        sent += piece.length;
        controller.enqueue(piece);
      },
    });
    const answer = await put(connection, { body });
    expect(JSON.parse(await answer.text())).toMatchObject({ fileName: 'file', bytes: 40 * 1024 * 1024 });
  });

  test.each([
    ['?name=a%2Fb%5C..%2Fpeople%20one.csv', {}, 'people one.csv'],
    ['?name=..', {}, 'file'],
    ['?name=x%0Ay%00z', {}, 'x y\ufffdz'],
    [`?name=${'n'.repeat(1000)}`, {}, 'n'.repeat(200)],
    ['', { 'content-disposition': 'attachment; filename="people.csv"' }, 'people.csv'],
    ['', { 'content-disposition': "attachment; filename*=UTF-8''M%C3%BCller.csv" }, 'Müller.csv'],
    ['', { 'content-disposition': 'attachment; filename="C:\\\\fakepath\\\\a.csv"' }, 'a.csv'],
    ['', { 'content-disposition': ';;;' }, 'file'],
    ['?name=a&name=b', {}, 'file'],
  ])('names the file by %s %j', async (query, headers, name) => {
    const answer = await put(connection, { query, headers: headers as Record<string, string> });
    expect(JSON.parse(await answer.text())).toMatchObject({ fileName: name });
  });

  test.each([
    ['without a token', 401, 'UNAUTHENTICATED', () => put(connection, { token: null })],
    [
      'without the permission',
      403,
      'FORBIDDEN',
      async () => put(connection, { token: await api.tokenWith(['CONTACT_SYNC_VIEW']) }),
    ],
    [
      'for a connection of another workspace',
      404,
      'NOT_FOUND',
      async () =>
        put(connection, {
          token: await api.tokenWith(['CONTACT_SYNC_MANAGE'], { workspace: '6a1d53c8-6f9e-4d63-8d0c-0a52be4dd43c' }),
        }),
    ],
    ['for a connection that is not there', 404, 'NOT_FOUND', () => put('00000000-0000-7000-8000-000000000000')],
    ['for a malformed id', 404, 'NOT_FOUND', () => put('x')],
    ['for a kind of source that takes no file', 400, 'BAD_USER_INPUT', () => put(directory)],
    ['when it is packed', 400, 'BAD_USER_INPUT', () => put(connection, { headers: { 'content-encoding': 'gzip' } })],
  ])('is refused %s', async (_what, status, code, ask) => {
    const answer = await ask();
    const { errors } = JSON.parse(await answer.text());
    expect([answer.status, errors[0].extensions.code]).toEqual([status, code]);
    expect((await shown()).source.hasFile).toBe(false);
  });

  test('refuses more than 1 GB before any of it has arrived', async () => {
    const answer = await raw(`Content-Length: ${1024 ** 3 + 1}`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*FILE_TOO_LARGE/s);
  });

  test('keeps the previous file when an upload is cut off', async () => {
    await put(connection, { query: '?name=first.csv' });
    const before = await shown();
    await raw('Content-Length: 5000000', Buffer.alloc(2_000_000, 'x'));
    await raw('Transfer-Encoding: chunked', `1e8480\r\n${'x'.repeat(2_000_000)}\r\n`);
    expect(await shown()).toEqual(before);
    expect(await run()).toMatchObject({ status: 'SUCCEEDED', counts: { created: 1 } });
  });

  test('lets a workspace upload two files at a time', async () => {
    const head = `PUT /connections/${connection}/file HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Length: 50\r\n\r\n`;
    const sockets = new Set<Socket>();
    const begin = (): void => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.write(head);
      // The answer refuses this upload, because the uploads of the loop below had both places. So it tries again.
      socket.once('data', () => {
        socket.destroy();
        sockets.delete(socket);
        begin();
      });
    };
    begin();
    begin();
    const waiting = async (): Promise<number> => {
      const answer = await put(connection);
      await answer.text();
      return answer.status;
    };
    let status = await waiting();
    while (status === 200) status = await waiting();
    expect(status).toBe(429);
    for (const socket of sockets) socket.removeAllListeners('data').destroy();
    while (status !== 200) status = await waiting();
    expect(status).toBe(200);
  });
});
