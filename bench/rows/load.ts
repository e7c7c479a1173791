/**
 * Sends the same requests to a server over a few connections, and counts the answers. Each connection waits for an
 * answer before its next request.
 */
import { connect, type Socket } from 'node:net';

/** `requests`: whole HTTP requests, sent in turn. The warm-up is not counted. */
export type LoadTask = { url: string; requests: string[]; connections: number; warmUpMs: number; ms: number };

const headEnd = Buffer.from('\r\n\r\n');
const lengthOf = /content-length: *(\d+)/i;

/**
 * Sends the next request when the last one is answered, until `to`. Resolves with the number of answers since `from`.
 */
function ask(socket: Socket, next: () => string, from: number, to: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let answered = 0;
  let got: Buffer = Buffer.alloc(0);
  const send = () => {
    if (performance.now() >= to) return resolve(answered);
    socket.write(next());
  };
  socket.on('data', (data: Buffer) => {
    got = got.length === 0 ? data : Buffer.concat([got, data]);
    const end = got.indexOf(headEnd);
    if (end === -1) return;
    const head = got.subarray(0, end).toString('latin1');
    const length = lengthOf.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200') || length === undefined) return reject(new Error(`An answer began: ${head}`));
    if (got.length < end + headEnd.length + Number(length)) return;
    if (got.includes('"errors"')) return reject(new Error(got.toString()));
    got = Buffer.alloc(0);
    const now = performance.now();
    if (now >= from && now < to) answered++;
    send();
  });
  socket.once('close', () => reject(new Error('The server closed a connection.')));
  send();
  return promise;
}

process.on('message', async ({ url, requests, connections, warmUpMs, ms }: LoadTask) => {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname).setNoDelay(true));
  let turn = 0;
  const next = () => requests[turn++ % requests.length] ?? '';
  const from = performance.now() + warmUpMs;
  const counts = await Promise.all(sockets.map((socket) => ask(socket, next, from, from + ms)));
  for (const socket of sockets) socket.removeAllListeners().destroy();
  process.send?.((counts.reduce((sum, count) => sum + count, 0) * 1000) / ms);
});
process.send?.('ready');
