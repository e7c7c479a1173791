/**
 * Viewers that open one stream each over a bare socket. They never read what is sent to them, and send pongs without
 * being asked.
 */
import { connect, type Socket } from 'node:net';

type Task = { url: string; wishes: { token: string; query: string }[]; sse: boolean };

/** How many sockets are opened at the same time. */
const AT_ONCE = 50;
/** Shorter than the interval of the service's pings. */
const PONG_MS = 5000;

/** A client's frame, masked with zeros. */
function frame(opcode: number, text: string): Buffer {
  const data = Buffer.from(text);
  const head = data.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | data.length, 0, 0, 0, 0]) : Buffer.alloc(8);
  if (data.length >= 126) {
    head.set([0x80 | opcode, 0x80 | 126]);
    head.writeUInt16BE(data.length, 2);
  }
  return Buffer.concat([head, data]);
}

/** Resolves when `mark` has arrived. The socket is not read any more after that. */
function until(socket: Socket, mark: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const hear = (data: Buffer) => {
      seen += data.toString('latin1');
      if (!seen.includes(mark)) return;
      socket.off('data', hear);
      socket.pause();
      resolve();
    };
    socket.on('data', hear);
    socket.resume();
    socket.once('close', () => reject(new Error(`A silent viewer was left: ${seen}`)));
  });
}

async function overWebSocket(socket: Socket, host: string, token: string, query: string): Promise<void> {
  const key = Buffer.alloc(16).toString('base64');
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
  );
  await until(socket, '\r\n\r\n');
  socket.write(frame(1, JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })));
  await until(socket, 'connection_ack');
  socket.write(frame(1, JSON.stringify({ id: '1', type: 'subscribe', payload: { query } })));
  setInterval(() => socket.write(frame(10, '')), PONG_MS);
}

async function overSse(socket: Socket, host: string, token: string, query: string): Promise<void> {
  const body = JSON.stringify({ query });
  socket.write(
    `POST /graphql/stream HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  await until(socket, ':\n\n');
}

process.once('message', async ({ url, wishes, sse }: Task) => {
  const { host, hostname, port } = new URL(url);
  let next = 0;
  let left = 0;
  const openSome = async () => {
    for (let wish = wishes[next++]; wish !== undefined; wish = wishes[next++]) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.on('close', () => left++);
      await (sse ? overSse : overWebSocket)(socket, host, wish.token, wish.query);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, openSome));
  process.send?.('open');
  process.on('message', () => process.send?.(left));
});
process.send?.('ready');
