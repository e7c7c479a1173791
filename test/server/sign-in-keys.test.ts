import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { collect, startApi, type TestApi } from '../support/api.ts';

let api: TestApi;
let answers = false;

/** Closes connections without an answer until the test lets it answer. */
const keyServer = createServer(async (request, response) => {
  if (answers) response.end(await readFile(api.keys.path));
  else request.socket.destroy();
});

beforeAll(async () => {
  await once(keyServer.listen(0, '127.0.0.1'), 'listening');
  api = await startApi({ AUTH_JWKS: `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/jwks` });
});
afterAll(async () => {
  await api.close();
  keyServer.close();
});

const viewer = '{ viewer { id } }';
const stream = '/graphql/stream?query=subscription{runsChanged{id}}';

test("while the sign-in keys can't be fetched, each client is told so, and the log gets a warning at the start and one error; then the service recovers", async () => {
  const refused = [
    await api.post({ query: viewer }, api.token),
    await api.get(stream),
    await api.get('/runs/x/log.txt'),
  ];
  for (const answer of refused) {
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'SIGN_IN_UNAVAILABLE' }) })] },
    ]);
  }
  const socket = collect(api.overWebSocket('subscription { runsChanged { id } }'));
  await expect(socket).rejects.toMatchObject({ code: 1013, reason: expect.stringMatching(/^SIGN_IN_UNAVAILABLE: /) });
  // One warning at the start, and one error for all refused requests together.
  expect(api.logged.map((line) => JSON.parse(line).level)).toEqual([40, 50]);
  expect(api.logged.filter((line) => line.includes('AUTH_JWKS'))).toHaveLength(2);
  expect((await api.get('/readyz', null)).status).toBe(200);

  answers = true;
  expect((await api.ask(viewer)).viewer.id).toBe('person-1');
});
