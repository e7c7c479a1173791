import type { Socket } from 'node:net';
import type pg from 'pg';

/** A node-postgres connection: sends messages of Postgres's extended query protocol. */
export type Wire = {
  stream: Socket;
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly (string | Buffer | null)[] }): void;
  describe(message: { type: 'P' }): void;
  execute(): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
};

/** Private parts of a node-postgres client that we need. */
type Inside = { connection: Wire; processID: number };

function inside(client: pg.ClientBase): Inside {
  return client as unknown as Inside;
}

/**
 * Call this for each new connection of any pool. While a connection changes hands, neither the pool nor its next user listens
 * for errors, and an error without a listener ends the process. The next statement tells its user that the connection is lost.
 */
export function hearErrors(client: pg.ClientBase): void {
  client.on('error', () => {});
}

/** Breaks a connection off at once, without a goodbye that would wait for the server. Its statement rejects. */
export function breakOff(client: pg.ClientBase): void {
  inside(client).connection.stream.destroy();
}

/** The socket of a connection. */
export function socketOf(client: pg.ClientBase): Socket {
  return inside(client).connection.stream;
}

/** The number of the session, as the server sent it when the connection began. A pooler in between sends its own. */
export function processOf(client: pg.ClientBase): number {
  return inside(client).processID;
}
