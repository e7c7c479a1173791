import type { WebSocket } from 'ws';
import { endUnwanted, PLACEHOLDER, type SocketExtra, type WebsocketProtocol } from './websocket-protocol.ts';

/** Between pings; a socket that has not answered one by the next is dead. */
const PING_MS = 12_000;
const INTERNAL_ERROR = 4500;

/** Lets one socket speak the protocol: what it sends, what it is sent, and how it ends. */
export function openSocket(socket: WebSocket, protocol: WebsocketProtocol): void {
  const extra: SocketExtra = {
    socket,
    viewer: null,
    stopWaiting: () => undefined,
    outgoing: null,
    underWay: new Set(),
  };
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (message) => send(socket, withFrame(message, extra)),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (read) => {
        socket.on('message', (data) => {
          // What is thrown here was told by the protocol's hooks; this only ends the socket that it happened to.
          void read(String(data))
            .catch(() => socket.close(INTERNAL_ERROR, 'Internal error'))
            .finally(() => endUnwanted(extra));
          // The message may have been the client's "complete".
          endUnwanted(extra);
        });
      },
    },
    extra,
  );
  const stopPinging = ping(socket);
  // Its close follows and is what counts.
  socket.on('error', () => undefined);
  socket.once('close', (code, reason) => {
    stopPinging();
    extra.stopWaiting();
    void closed(code, String(reason));
    endUnwanted(extra);
  });
}

/** Resolves when the message has left the process; whoever sends the next one waits for that. */
const send = (socket: WebSocket, message: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(message, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()));
  });

/** Puts the frame that was set aside in place of what stands for it at the message's end. */
function withFrame(message: string, extra: SocketExtra): string {
  const { outgoing } = extra;
  if (outgoing === null) return message;
  extra.outgoing = null;
  const tail = `${JSON.stringify(PLACEHOLDER)}}`;
  return `${message.slice(0, -tail.length)}${outgoing}}`;
}

function ping(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}
