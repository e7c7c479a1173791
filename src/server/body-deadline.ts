import type { IncomingMessage, Server } from 'node:http';
import type { RequestHandler } from 'express';

/** How long a request may take to arrive. Node's own limit would also apply to uploads, which may take longer while data comes. */
const longestBodyMs = 300_000;

/** Turns Node's deadline for requests off. Only requests that pass `bodyDeadline` have one. */
export function countBodiesHere(httpServer: Server): void {
  httpServer.requestTimeout = 0;
}

/** Answers 408 as Node does, and closes the connection, when the body is not complete in time. */
export function bodyDeadline(httpServer: Server, ms = longestBodyMs): RequestHandler {
  return (request, _response, next) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding !== undefined || (length !== undefined && length !== '0')) startBodyDeadline(httpServer, request, ms);
    next();
  };
}

export function startBodyDeadline(httpServer: Server, request: IncomingMessage, ms = longestBodyMs): void {
  if (request.complete) return;
  const timer = setTimeout(() => {
    if (request.complete) return;
    const late = Object.assign(new Error('The request did not come in time.'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    httpServer.emit('clientError', late, request.socket);
  }, ms);
  const { socket } = request;
  const stop = (): void => {
    clearTimeout(timer);
    for (const event of ends) request.off(event, stop);
    socket.off('close', stop);
  };
  for (const event of ends) request.once(event, stop);
  // A request that was answered before its body came does not close with its connection.
  socket.once('close', stop);
}

const ends = ['end', 'close'] as const;
