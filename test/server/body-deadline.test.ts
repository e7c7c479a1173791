import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { answerMalformed } from '../../src/server/answer-bare.ts';
import { bodyDeadline, countBodiesHere } from '../../src/server/body-deadline.ts';

const app = express();
const server = createServer(app);
answerMalformed(server);
countBodiesHere(server);
app.use(bodyDeadline(server, 100));
app.use('/unread', (_request, response) => void response.end('not read'));
app.use((request, response) => {
  request.resume().once('end', () => response.end('all of it'));
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function answerTo(head: string, path = '/'): Promise<string> {
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  socket.on('error', () => undefined);
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}`);
  await once(socket, 'close');
  return answer;
}

describe('a request', () => {
  test.each([
    ['with a length', 'Content-Length: 10\r\n\r\n12345'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n'],
  ])('%s whose body does not come to its end is answered 408', async (_what, head) => {
    expect(await answerTo(head)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test.each([
    ['with its body', 'Content-Length: 5\r\n\r\n12345'],
    ['without a body', '\r\n'],
  ])('%s is answered', async (_what, head) => {
    expect(await answerTo(head)).toMatch(/^HTTP\/1\.1 200 .*all of it/s);
  });

  test('that is answered before its body came, and whose connection ends, leaves no timer', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
    expect(await answerTo('Content-Length: 10\r\n\r\n12345', '/unread')).toMatch(/^HTTP\/1\.1 200 .*not read/s);
    await closed;
    expect(timers()).toBe(before);
  });
});
