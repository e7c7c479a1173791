import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { flood } from '../support/flood.ts';
import { entry, type FakeOptions, startFakeServer } from '../support/ldap-fake-server.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const probe = `mutation ($source: SourceInput) { testConnection(source: $source) { result { ok code message } } }`;
function sourceAt(url: string) {
  return { source: { ldap: { urls: [url], baseDns: ['dc=example'], timeoutSeconds: 60 } } };
}

/** Answers each request for a page with endless people. */
const flooding: FakeOptions = {
  search: () => [],
  takeOver: (kind, id, socket) => {
    if (kind !== 'search') return false;
    flood(socket, Buffer.concat(Array(100).fill(entry(id, 'cn=x', { entryUUID: 'x'.repeat(1000) }))));
    return true;
  },
};

test('an endless answer of a directory is read by another thread, and refused', async () => {
  const server = await startFakeServer(flooding);
  const before = process.memoryUsage().heapUsed;
  const highest = { heap: before };
  const looking = setInterval(() => {
    highest.heap = Math.max(highest.heap, process.memoryUsage().heapUsed);
  }, 20);
  const { testConnection } = await api.ask(probe, sourceAt(server.url));
  clearInterval(looking);
  await server.close();
  expect(testConnection.result).toMatchObject({ ok: false, code: 'INVALID_RESPONSE' });
  expect(highest.heap - before).toBeLessThan(48 * 1024 * 1024);
});

test('a workspace tests two connections at a time, and one more when one has ended', async () => {
  const asked: (() => void)[] = [];
  const reached = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const silent = await startFakeServer({
    search: () => [],
    takeOver: (_kind, _id, socket) => {
      asked.push(() => socket.destroy());
      reached[asked.length - 1]?.resolve();
      return true;
    },
  });
  const underWay = [0, 1].map(() => api.ask(probe, sourceAt(silent.url)));
  await Promise.all(reached.map(({ promise }) => promise));
  const { errors } = await api.request(probe, sourceAt(silent.url));
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
  const workspace = '0a3c8f0e-1c5e-4a53-8d8a-6f2f5f0b7a11';
  const other = await api.keys.sign({ workspace, permissions: ['CONTACT_SYNC_MANAGE'] });
  const closed = sourceAt('ldap://127.0.0.1:1');
  expect((await api.ask(probe, closed, other)).testConnection.result.code).toBe('UNREACHABLE');
  for (const end of asked) end();
  const ended = await Promise.all(underWay);
  expect(ended.map((answer: Data) => answer.testConnection.result.code)).toEqual(['UNREACHABLE', 'UNREACHABLE']);
  expect((await api.ask(probe, closed)).testConnection.result.code).toBe('UNREACHABLE');
  await silent.close();
});
