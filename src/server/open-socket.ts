import { CloseCode } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import { AppError } from '../core/app-error.ts';
import { checkNesting } from './check-nesting.ts';
import { endUnwanted, PLACEHOLDER, type SocketExtra, type WebsocketProtocol } from './websocket-protocol.ts';

/** Between pings; a socket that has not answered one by the next is dead. */
const PING_MS = 12_000;
const INTERNAL_ERROR = 4500;
/** Of RFC 6455's registry. */
const TOO_LARGE = 1009;
/** Bytes of a message from somebody who is not signed in, twice what headers may have: it holds a token. It is kept, too. */
const LARGEST_BEFORE_SIGN_IN = 32 * 1024;

/** Lets one socket speak the protocol: what it sends, what it is sent, and how it ends. */
export function openSocket(socket: WebSocket, protocol: WebsocketProtocol): void {
  const extra: SocketExtra = {
    socket,
    viewer: null,
    stopWaiting: () => undefined,
    uncount: () => undefined,
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
          const refusal = refusalOf(data, extra);
          if (refusal !== null) return socket.close(refusal.code, refusal.reason);
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
    extra.uncount();
    void closed(code, String(reason));
    endUnwanted(extra);
  });
}

/** Of a message that is not to be parsed; null: it may be. */
function refusalOf(data: RawData, { viewer }: SocketExtra): { code: number; reason: string } | null {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data));
  if (viewer === null && bytes.length > LARGEST_BEFORE_SIGN_IN) return { code: TOO_LARGE, reason: 'Sign in first' };
  try {
    checkNesting(bytes);
    return null;
  } catch (error) {
    return { code: CloseCode.BadRequest, reason: error instanceof AppError ? error.message : 'Invalid message' };
  }
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
