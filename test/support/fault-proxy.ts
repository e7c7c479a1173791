import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * What happens to the bytes from the server. `afterBytes` counts the bytes of all connections.
 * silence: no more bytes come, but the connection stays open. cut: the connection is cut. garble: bits are flipped.
 * pause: the proxy stops reading for `ms`. delay: each chunk comes `ms` later. chop: the bytes come in pieces of this
 * size.
 */
export type Fault =
  | { kind: 'none' }
  | { kind: 'silence'; afterBytes: number }
  | { kind: 'cut'; afterBytes: number }
  | { kind: 'garble'; afterBytes: number }
  | { kind: 'pause'; afterBytes: number; ms: number }
  | { kind: 'delay'; ms: number }
  | { kind: 'chop'; bytes: number };

export type FaultProxy = {
  port: number;
  url: string;
  /** The present fault. A test may change it at any time. */
  fault: Fault;
  /** The number of connections so far. */
  connections: number;
  /** The number of bytes from the server so far. */
  readonly bytes: number;
  /** The number of open connections. */
  readonly open: number;
  /** Resolves when the fault happens for the first time. */
  struck: Promise<void>;
  /** Cuts the connections that are open now. */
  cut(): void;
  /** Silences the connections that are open now: they stay open, but no more bytes come. */
  silence(): void;
  close(): Promise<void>;
};

/** A TCP proxy on a free loopback port, in front of the given port. It can fail on purpose. */
export async function startFaultProxy(targetPort: number, fault: Fault = { kind: 'none' }): Promise<FaultProxy> {
  const struck = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const silenced = new WeakSet<Socket>();
  let passed = 0;
  const server = createServer((client) => {
    proxy.connections++;
    clients.add(client);
    client.on('close', () => clients.delete(client));
    const target = connect(targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.pipe(target);
    target.on('data', (chunk: Buffer) => {
      if (silenced.has(client)) return;
      const before = passed;
      passed += chunk.length;
      forward(proxy.fault, { chunk, before, client, target, strike: struck.resolve });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  const { port } = address;
  const proxy: FaultProxy = {
    port,
    url: `ldap://127.0.0.1:${port}`,
    fault,
    connections: 0,
    struck: struck.promise,
    get bytes() {
      return passed;
    },
    get open() {
      return clients.size;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    silence: () => {
      for (const socket of sockets) silenced.add(socket);
    },
    close,
  };
  return proxy;
}

type Passing = { chunk: Buffer; before: number; client: Socket; target: Socket; strike: () => void };

function forward(fault: Fault, { chunk, before, client, target, strike }: Passing): void {
  if (fault.kind === 'none') client.write(chunk);
  else if (fault.kind === 'delay') setTimeout(() => client.write(chunk), fault.ms);
  else if (fault.kind === 'chop')
    for (let at = 0; at < chunk.length; at += fault.bytes) client.write(chunk.subarray(at, at + fault.bytes));
  else {
    const good = Math.max(0, fault.afterBytes - before);
    if (good >= chunk.length) {
      client.write(chunk);
      return;
    }
    if (fault.kind === 'pause') {
      client.write(chunk);
      if (before > fault.afterBytes) return;
      target.pause();
      setTimeout(() => target.resume(), fault.ms);
      return;
    }
    if (good > 0) client.write(chunk.subarray(0, good));
    strike();
    if (fault.kind === 'garble') client.write(chunk.subarray(good).map((byte) => byte ^ 0x55));
    if (fault.kind !== 'cut') return;
    client.end(() => client.destroy());
    target.destroy();
  }
}
