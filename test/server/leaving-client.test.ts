import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { startApi, type TestApi } from '../support/api.ts';

let api: TestApi;
/** A directory that accepts connections and never answers. */
let silent: Server;

beforeAll(async () => {
  api = await startApi();
  silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(async () => {
  silent.close();
  await api.close();
});

function query(): string {
  const address = silent.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const source = `{ ldap: { urls: ["ldap://127.0.0.1:${port}"], baseDns: ["dc=example"], timeoutSeconds: 60 } }`;
  return `mutation { testConnection(source: ${source}) { result { ok } } }`;
}

/** Begins a connection test over one transport. Resolves with a function that makes the client leave. */
const transports: Record<string, () => Promise<() => unknown>> = {
  'closes its HTTP request': () => byHttp('/graphql'),
  'closes its stream': () => byHttp('/graphql/stream'),
  'completes its operation': async () => {
    const socket = await bySocket();
    return () => socket.send(JSON.stringify({ type: 'complete', id: 'test' }));
  },
  'closes its WebSocket': async () => {
    const socket = await bySocket();
    return () => socket.terminate();
  },
};

async function byHttp(path: string) {
  const leaving = new AbortController();
  fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${api.token}` },
    body: JSON.stringify({ query: query() }),
    signal: leaving.signal,
  }).catch(() => undefined);
  return () => leaving.abort();
}

async function bySocket() {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${api.token}` } }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ type: 'subscribe', id: 'test', payload: { query: query() } }));
  return socket;
}

describe("a connection's test ends at the directory when the client", () => {
  test.each(Object.keys(transports))('%s', async (name) => {
    const reached = once(silent, 'connection');
    const leave = await transports[name]?.();
    const [socket]: Socket[] = (await reached) as Socket[];
    const closed = new Promise<void>((resolve) => socket?.on('error', () => undefined).once('close', () => resolve()));
    socket?.resume();
    leave?.();
    await closed;
    // A client that leaves is no error.
    expect(api.logged).toEqual([]);
  });
});
