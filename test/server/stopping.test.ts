import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { startApi } from '../support/api.ts';

test('a service that stops closes sockets with a goodbye, breaks streams off, and accepts nothing more', async () => {
  const api = await startApi({ ROLE: 'api' });
  const query = encodeURIComponent('subscription { runsChanged { id } }');
  const stream = await api.get(`/graphql/stream?query=${query}`);
  const reader = stream.body?.getReader();
  await reader?.read();
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const acknowledged = once(socket, 'message');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${api.token}` } }));
  await acknowledged;
  socket.send(
    JSON.stringify({ type: 'subscribe', id: '1', payload: { query: 'subscription { runsChanged { id } }' } }),
  );
  const closed = once(socket, 'close');
  await api.close();
  expect((await closed)[0]).toBe(1001);
  await expect(reader?.read()).rejects.toThrow();
  await expect(fetch(`${api.url}/healthz`)).rejects.toThrow();
});
