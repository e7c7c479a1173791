import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { answerBare } from './answer-bare.ts';
import { openSocket } from './open-socket.ts';
import type { ServerParts } from './server-parts.ts';
import { websocketProtocol } from './websocket-protocol.ts';

/** Bytes of a message from a client. */
const LARGEST_MESSAGE = 1024 * 1024;
/** How long a goodbye may take. */
const CLOSE_PATIENCE_MS = 1000;
const GOING_AWAY = 1001;

/** WS /graphql, protocol graphql-transport-ws. `stop` says goodbye to everybody. */
export function websocketRoute(parts: ServerParts, httpServer: Server): { stop(): Promise<void> } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, handleProtocols });
  sockets.on('wsClientError', (_error, stream) => answerBare(stream, '400 Bad Request'));
  const protocol = websocketProtocol(parts);
  let stopping = false;
  httpServer.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // A connection that breaks before it is a socket is nobody's trouble.
    stream.on('error', () => stream.destroy());
    if (stopping) return answerBare(stream, '503 Service Unavailable');
    if (request.url?.split('?')[0] !== '/graphql') return answerBare(stream, '404 Not Found');
    sockets.handleUpgrade(request, stream, head, (socket) => openSocket(socket, protocol));
  });
  return {
    stop: async () => {
      stopping = true;
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away');
      const impatience = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_PATIENCE_MS);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(impatience);
    },
  };
}
