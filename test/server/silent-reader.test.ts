import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import express from 'express';
import { WebSocket, WebSocketServer } from 'ws';
import { sendList } from '../../src/server/send-list.ts';
import type { WebsocketProtocol } from '../../src/server/websocket-protocol.ts';
import { openSocket } from '../../src/server/websocket-route.ts';
import { write } from '../../src/server/write.ts';

const LARGEST_HELD = 128 * 1024;
/** More than the system's own buffers take. It consists of emoji, so that a piece could end within a character. */
const long = `x${'😀'.repeat(5_000_000)}`;

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It listens on no port.');
  return address.port;
}

/** Waits many turns of the event loop, until nothing is sent any more. Returns the most bytes that were held. */
async function standstill(held: () => number): Promise<number> {
  let most = 0;
  for (let turn = 0; turn < 2000; turn++) {
    most = Math.max(most, held());
    await new Promise((resolve) => setImmediate(resolve));
  }
  return most;
}

test('a long text for a silent HTTP reader takes the memory of one piece, and arrives whole', async () => {
  const server = createServer(
    express().get('/', (_request, response) => {
      responses.push(response);
      void write(response, long).then(() => response.end());
    }),
  );
  const responses: { writableLength: number }[] = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = connect(portOf(server), '127.0.0.1');
  await once(reader, 'connect');
  reader.pause();
  reader.write('GET / HTTP/1.0\r\n\r\n');
  await once(server, 'request');
  expect(await standstill(() => responses[0]?.writableLength ?? 0)).toBeLessThan(LARGEST_HELD);
  const parts: Buffer[] = [];
  reader.on('data', (data) => parts.push(data));
  reader.resume();
  await once(reader, 'close');
  expect(Buffer.concat(parts).toString().endsWith(`\r\n\r\n${long}`)).toBe(true);
  server.close();
});

test('a list whose reader is silent is not held: what was read ahead is dropped, read again later, and arrives whole', async () => {
  const items = Array.from({ length: 400 }, (_, i) => `${i} ${'x'.repeat(i < 100 ? 10 : 60_000)}\n`);
  /** All that was read ahead. */
  const read: unknown[][] = [];
  let again = 0;
  let furthest = 0;
  const server = createServer(
    express().get('/', (_request, response) => {
      const sent = sendList(response, 0, 200, async (after, most) => {
        if (after < furthest) again++;
        const end = Math.min(items.length, after + most);
        furthest = Math.max(furthest, end);
        const part = items.slice(after, end).map((item, i) => ({ text: () => item, place: after + i + 1 }));
        read.push(part);
        return { items: part, end, hasMore: end < items.length };
      });
      void sent.then(() => response.end());
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = connect(portOf(server), '127.0.0.1');
  await once(reader, 'connect');
  reader.pause();
  reader.write('GET / HTTP/1.0\r\n\r\n');
  await once(server, 'request');
  await standstill(() => 0);
  expect(furthest).toBeLessThan(items.length);
  expect(read.map((part) => part.length)).toEqual(read.map(() => 0));
  const parts: Buffer[] = [];
  reader.on('data', (data) => parts.push(data));
  reader.resume();
  await once(reader, 'close');
  expect(
    Buffer.concat(parts)
      .toString()
      .endsWith(`\r\n\r\n${items.join('')}`),
  ).toBe(true);
  expect(again).toBeGreaterThan(0);
  server.close();
});

test('a client that takes nothing for long is dropped', async () => {
  const server = createServer(express().get('/', (_request, response) => void write(response, long, 1)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = connect(portOf(server), '127.0.0.1');
  reader.on('error', () => undefined);
  await once(reader, 'connect');
  const closed = once(server, 'request').then(([, response]) => once(response, 'close'));
  reader.pause();
  reader.write('GET / HTTP/1.0\r\n\r\n');
  await closed;
  reader.destroy();
  server.close();
});

test('long messages for a silent WebSocket reader take the memory of one piece, and arrive whole and in order', async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}`);
  const [socket]: WebSocket[] = await once(sockets, 'connection');
  await once(client, 'open');
  client.pause();
  let send: (message: string) => unknown = () => undefined;
  const protocol = {
    opened: (opened: { send(message: string): unknown }) => {
      send = (message) => opened.send(message);
      return async () => undefined;
    },
  } as unknown as WebsocketProtocol;
  if (socket === undefined) throw new Error('No socket was opened.');
  openSocket(socket, protocol);
  const messages = [long, 'short', `${long}!`];
  for (const message of messages) void send(message);
  expect(await standstill(() => socket.bufferedAmount)).toBeLessThan(LARGEST_HELD);
  const received: string[] = [];
  client.on('message', (data) => received.push(String(data)));
  client.resume();
  while (received.length < messages.length) await once(client, 'message');
  expect(received.map((text, index) => text === messages[index])).toEqual([true, true, true]);
  client.close();
  await once(socket, 'close');
  server.close();
});

test('a WebSocket that breaks during a message ends without an error report', async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}`);
  client.on('error', () => undefined);
  const [socket]: WebSocket[] = await once(sockets, 'connection');
  await once(client, 'open');
  let send: (message: string) => Promise<void> = async () => undefined;
  const protocol = {
    opened: (opened: { send(message: string): Promise<void> }) => {
      send = (message) => opened.send(message);
      return async () => undefined;
    },
  } as unknown as WebsocketProtocol;
  if (socket === undefined) throw new Error('No socket was opened.');
  openSocket(socket, protocol);
  const closed = once(socket, 'close');
  // The system knows of the reset at once. The process notices it when it writes.
  Reflect.get(client, '_socket').resetAndDestroy();
  expect(await Promise.all([send(long), send('short')])).toEqual([undefined, undefined]);
  await closed;
  server.close();
});
