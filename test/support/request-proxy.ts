import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type RequestProxy = {
  url: string;
  /**
   * Called with each chunk of bytes from a client. The chunk is sent to the server when the promise resolves. A test
   * may replace this function.
   */
  before: (bytes: Buffer) => Promise<void> | void;
  close(): Promise<void>;
};

/** A TCP proxy in front of a port on loopback. It reports the client's requests before the server gets them. */
export async function startRequestProxy(targetPort: number): Promise<RequestProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    let passing: Promise<void> = Promise.resolve();
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    target.pipe(client);
    client.on('data', (chunk: Buffer) => {
      passing = passing.then(async () => {
        await proxy.before(chunk);
        target.write(chunk);
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: RequestProxy = {
    url: `ldap://127.0.0.1:${address.port}`,
    before: () => {},
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
