import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Permission } from '../../src/core/access.ts';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { image } from '../support/photos.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

const photo = image('png', '<script>alert(1)</script>');

let api: TestApi;
let slapd: Slapd;
let ada: string;
let bo: string;
let url: string;

const save = `mutation ($input: CreateConnectionInput!) {
  createConnection(input: $input) { connection { id photo } userErrors { field code message } } }`;

beforeAll(async () => {
  const person = (uid: string, more: object) => ({
    dn: `uid=${uid},dc=example,dc=org`,
    attributes: { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, ...more },
  });
  const entries = [person('ada', { jpegPhoto: photo }), person('bo', {})];
  [api, slapd] = await Promise.all([startApi(), startSlapd({ entries })]);
  const ldap = { urls: [slapd.url], baseDns: [slapd.baseDn], bindDn: slapd.bindDn, bindPassword: slapd.bindPassword };
  const { createConnection } = await api.ask(save, {
    input: { name: 'Directory', status: 'ENABLED', photo: true, source: { ldap }, scope: { filter: '(uid=*)' } },
  });
  expect(createConnection).toMatchObject({ connection: { photo: true }, userErrors: [] });
  const { startRun } = await api.ask('mutation ($id: ID!) { startRun(connectionId: $id) { run { id } } }', {
    id: createConnection.connection.id,
  });
  const states = api.overWebSocket('subscription ($id: ID!) { runProgress(runId: $id) { status } }', {
    id: startRun.run.id,
  });
  let last: Data;
  for await (const { data } of states) last = data.runProgress;
  expect(last).toEqual({ status: 'SUCCEEDED' });
  const { contacts } = await api.ask('{ contacts { nodes { id photoUrl } } }');
  [{ id: ada, photoUrl: url }, { id: bo }] = contacts.nodes;
  expect(contacts.nodes[1].photoUrl).toBeNull();
});
afterAll(() => Promise.all([api.close(), slapd.close()]));

test('a photo is sent as it is, and nothing in it can run', async () => {
  expect(url).toMatch(new RegExp(`^/contacts/${ada}/photo\\?v=[0-9a-f]{16}$`));
  const answer = await api.get(url);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(photo);
  const headers = Object.fromEntries(answer.headers);
  expect(headers).toMatchObject({
    'content-type': 'image/png',
    'content-length': String(photo.length),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': expect.stringContaining('private'),
  });
  expect(headers.etag).toMatch(/^"[0-9a-f]{32}"$/);
});

test('a client that already has the photo gets none of its bytes', async () => {
  const etag = (await api.get(url)).headers.get('etag') ?? '';
  const ask = (ifNoneMatch: string) =>
    fetch(`${api.url}${url}`, { headers: { authorization: `Bearer ${api.token}`, 'if-none-match': ifNoneMatch } });
  for (const named of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await ask(named);
    expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, etag, '']);
  }
  expect((await ask('"other"')).status).toBe(200);
});

test('HEAD is answered without the bytes', async () => {
  const answer = await new Promise<{ status?: number; type?: string; length?: string; bytes: number }>(
    (resolve, reject) => {
      const asked = request(`${api.url}${url}`, { method: 'HEAD', headers: { authorization: `Bearer ${api.token}` } });
      asked.on('response', (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        const { 'content-type': type, 'content-length': length } = response.headers;
        response.on('end', () => resolve({ status: response.statusCode, type, length, bytes }));
      });
      asked.on('error', reject).end();
    },
  );
  expect(answer).toEqual({ status: 200, type: 'image/png', length: String(photo.length), bytes: 0 });
});

test('a contact without a photo and an unknown, malformed or foreign one get the same answer', async () => {
  const foreign = await api.tokenWith([Permission.CONTACTS_VIEW], { workspace: randomUUID() });
  const answers = await Promise.all([
    api.get(`/contacts/${bo}/photo`),
    api.get(`/contacts/${randomUUID()}/photo`),
    api.get('/contacts/..%2f..%2fetc/photo'),
    api.get('/contacts/%00/photo'),
    api.get(url, foreign),
  ]);
  const told = await Promise.all(answers.map(async (answer) => [answer.status, await answer.json()]));
  const error = { message: 'There is no such photo.', extensions: { code: 'NOT_FOUND' } };
  expect(told).toEqual(told.map(() => [404, { errors: [error] }]));
});

test('it needs a token, and the permission to view contacts', async () => {
  const without = await api.tokenWith([Permission.CONTACT_SYNC_MANAGE, Permission.WORKSPACE_MANAGE]);
  expect((await api.get(url, null)).status).toBe(401);
  expect((await api.get(url, without)).status).toBe(403);
  expect((await api.get(url, await api.tokenWith([Permission.CONTACTS_VIEW]))).status).toBe(200);
});

test('a file has no photos', async () => {
  const { createConnection } = await api.ask(save, {
    input: { name: 'File', photo: true, source: { csv: { idColumn: 'id' } } },
  });
  expect(createConnection).toEqual({
    connection: null,
    userErrors: [{ field: ['input', 'photo'], code: 'NOT_SUPPORTED', message: 'A source of kind CSV has no photos.' }],
  });
});

test('photos of 2 contacts cost as many statements as that of 1', async () => {
  const counted = async (first: number) => {
    const before = api.statements.length;
    await api.ask('query ($first: Int) { contacts(first: $first) { nodes { photoUrl } } }', { first });
    return api.statements.length - before;
  };
  expect(await counted(2)).toBe(await counted(1));
});
