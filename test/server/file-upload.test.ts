import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';

let api: TestApi;
let directory: string;

beforeAll(async () => {
  api = await startApi({ ROLE: 'api' });
  const { createConnection } = await api.ask(
    `mutation { createConnection(input: { name: "Directory", source: { ldap: { urls: ["ldap://h"], baseDns: ["dc=x"] } } }) {
       connection { id } } }`,
  );
  directory = createConnection.connection.id;
});
afterAll(() => api?.close());

const put = (id: string, token: string | null, body = 'id,name\n') =>
  fetch(`${api.url}/connections/${id}/file`, {
    method: 'PUT',
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    body,
  });

describe('PUT /connections/:id/file', () => {
  test.each([
    ['without a token', 401, 'UNAUTHENTICATED', () => put(directory, null)],
    [
      'without the permission',
      403,
      'FORBIDDEN',
      async () => put(directory, await api.tokenWith(['CONTACT_SYNC_VIEW'])),
    ],
    [
      'for a connection that is not there',
      404,
      'NOT_FOUND',
      () => put('00000000-0000-7000-8000-000000000000', api.token),
    ],
    ['for a malformed id', 404, 'NOT_FOUND', () => put('x', api.token)],
    ['for a kind of source that takes no file', 400, 'BAD_USER_INPUT', () => put(directory, api.token)],
  ])('is refused %s', async (_what, status, code, ask) => {
    const answer = await ask();
    const { errors } = JSON.parse(await answer.text());
    expect([answer.status, errors[0].extensions.code]).toEqual([status, code]);
  });
});
