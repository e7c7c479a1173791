import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { AppError } from '../core/app-error.ts';
import { answerBare } from './answer-bare.ts';
import { checkNesting } from './json-body.ts';
import type { ServerParts } from './server-parts.ts';
import {
  endUnwanted,
  PLACEHOLDER,
  type SocketExtra,
  type WebsocketProtocol,
  websocketProtocol,
} from './websocket-protocol.ts';
import { pieces } from './write.ts';

/** The most bytes of a client's message. */
const LARGEST_MESSAGE = 1024 * 1024;
/** How long clients have to close their sockets. */
const CLOSE_PATIENCE_MS = 1000;
const GOING_AWAY = 1001;

/** WS /graphql, protocol graphql-transport-ws. `stop` closes all sockets. */
export function websocketRoute(parts: ServerParts, httpServer: Server): { stop(): Promise<void> } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, handleProtocols });
  sockets.on('wsClientError', (_error, stream) => answerBare(stream, '400 Bad Request'));
  const protocol = websocketProtocol(parts);
  let stopping = false;
  httpServer.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // A connection may break before it becomes a socket. That needs no report.
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

/** The time between pings. A socket that has not answered one by the next is dead. */
const PING_MS = 12_000;
const INTERNAL_ERROR = 4500;
/** A close code from the registry of RFC 6455. */
const TOO_LARGE = 1009;
/**
 * The most bytes of a message before sign-in, which holds the token: twice what headers may have. It stays in memory.
 */
const LARGEST_BEFORE_SIGN_IN = 32 * 1024;

/** Connects one socket to the protocol: incoming messages, outgoing messages, and its end. */
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
      send: sender(socket, extra),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (read) => {
        socket.on('message', (data) => {
          const refusal = refusalOf(data, extra);
          if (refusal !== null) return socket.close(refusal.code, refusal.reason);
          // The protocol's hooks have reported the error. This only closes the socket.
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
  // "close" follows each error and does the work.
  socket.on('error', () => undefined);
  socket.once('close', (code, reason) => {
    stopPinging();
    extra.stopWaiting();
    extra.uncount();
    void closed(code, String(reason));
    endUnwanted(extra);
  });
}

/** Why a message must not be parsed; null: it may be. */
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

/** Sends messages one after another, in pieces. The promise resolves when the message has left the process. */
function sender(socket: WebSocket, extra: SocketExtra): (message: string) => Promise<void> {
  let before: Promise<unknown> = Promise.resolve();
  return (message) => {
    const parts = withFrame(message, extra);
    const sent = before.then(() => sendParts(socket, parts));
    before = sent.catch(() => undefined);
    return sent;
  };
}

async function sendParts(socket: WebSocket, parts: readonly Buffer[]): Promise<void> {
  for (const [index, part] of parts.entries()) {
    let waiting: Buffer | null = null;
    for (const piece of pieces(part)) {
      if (waiting !== null) await sendPiece(socket, waiting, false);
      waiting = piece;
    }
    if (waiting !== null) await sendPiece(socket, waiting, index === parts.length - 1);
  }
}

/** `fin`: it is the message's last piece. If a piece can't be sent, the socket ends, and nothing is thrown. */
function sendPiece(socket: WebSocket, piece: Buffer, fin: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(piece, { fin, binary: false }, (error) => {
      if (error) socket.terminate();
      resolve();
    });
  });
}

/** Short enough to be copied for each viewer. */
const SHORT = 2 * 1024;
const MESSAGE_END = Buffer.from('}');

/** Replaces the placeholder at the message's end by the frame's JSON. A long frame stays a separate part. */
function withFrame(message: string, extra: SocketExtra): Buffer[] {
  const { outgoing } = extra;
  if (outgoing === null) return [Buffer.from(message)];
  extra.outgoing = null;
  const tail = `${JSON.stringify(PLACEHOLDER)}}`;
  const head = Buffer.from(message.slice(0, -tail.length));
  return outgoing.length > SHORT ? [head, outgoing, MESSAGE_END] : [Buffer.concat([head, outgoing, MESSAGE_END])];
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
